import { stopCoverage } from 'node:v8'

// Imported, before all else, by tests whose processes are not asked what of src/ they ran: those on trial there are the
// simulator, the rig or the gates, not src/, and counting slows them down.
delete process.env.NODE_V8_COVERAGE
stopCoverage()
