export * from './capabilities.js';
export * from './drop.js';
export * from './kernel-rules.js';
export * from './naming.js';
export * from './refusal.js';
export * from './requirements.js';
