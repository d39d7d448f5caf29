export declare const wasmModules: Readonly<Record<string, readonly string[]>>;
export declare const recordedFlags: () => Record<string, string>;
