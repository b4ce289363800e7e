// All that a plugin's author imports.
export { z } from 'zod';
export { ParkError, RetryableError, TerminalError } from '../../contracts/failures.ts';
export { addMoney, digitsOf, formatMoney, Money, parseMoney } from '../../contracts/money.ts';
export type { Action, Duration, Effect, Fact, Subject } from '../../contracts/define.ts';
export { action, filter, signal } from '../../contracts/define.ts';
export type { ActionName, Actions, Flows, In, Out } from '../../contracts/index.ts';
export { HttpError, type ServiceHttp, type ServiceRequest } from './http.ts';
export { type ClientCredentials, withClientCredentials } from './oauth.ts';
export { servicePlugin } from './plugin.ts';
export type {
  Call,
  Implementation,
  Incoming,
  Log,
  Lookup,
  News,
  OnDoubt,
  RawRequest,
  ServicePlugin,
} from './plugin.ts';
export { joinUrl } from './url.ts';
