import { stopCoverage } from 'node:v8'

// Imported, before all else, by tests that are not asked what of src/ they ran: they try something else (the simulator, the
// gates), they kill their shops before those could tell, or they watch the time, which counting takes.
delete process.env.NODE_V8_COVERAGE
stopCoverage()
