// All that a plugin's tests import: `commerce-coordinator/testing`. Works under any test runner.
export {
  actionOf,
  callFor,
  type CallOptions,
  failureOf,
  type TestCall,
  type TestedAction,
} from './test-call.ts';
export {
  type ServiceAnswer,
  type ServiceCall,
  type ServiceFault,
  startService,
  type TestService,
} from './test-service.ts';
export { type FaultName, faultNames, type Trial, withstand } from './withstand.ts';
