export type { Capabilities } from './capabilities.js';
export type { Engine, InsertRequest, QueryParameters, SealedFile } from './engine.js';
export type { Identity } from './identity.js';
