export { type ServeOptions, type StoreServer, serveStore } from './serve.ts';
