# What a shop runs, whatever its roles: `docker build -t doorbuster .`, settings by the environment (docs/settings.md).
FROM node:24-bookworm-slim AS build
WORKDIR /shop
COPY package.json package-lock.json ./
COPY web/package.json web/
# The Node of this image is new enough: the one that npm brings along for older ones stays out.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm -rf node_modules/node-linux-*
COPY launch.js tsconfig.json ./
COPY src src
COPY web web
# A shop that may not write to its own code finds the page by the hash of its sources.
RUN node launch.js src/main.ts build

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /shop
COPY --from=build /shop /shop
RUN install -d -o node -g node -m 0700 /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "launch.js", "src/main.ts"]
CMD ["start"]
