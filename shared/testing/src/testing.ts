export { type Actor, type Answer, anActor } from './actor.ts';
export { anAuth, type StandInAuth, settingsOf } from './an-auth.ts';
export { counted } from './counted.ts';
export { eventually } from './eventually.ts';
export { type Explained, explained, fillTables, type Plan } from './plans.ts';
export { type Post, type ServedService, type ServeOptions, serve } from './serve.ts';
export { skippedTest } from './skipped.ts';
export { freshDatabase, type TestDatabase, testBroker } from './test-database.ts';
export { accessToken, machineToken, publicKeys, signedToken } from './test-tokens.ts';
