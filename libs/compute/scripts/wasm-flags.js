/** What clang is given for both WASM modules; recorded beside them, so that a change here asks for a new build. */
export const wasmFlags = [
  '--target=wasm32',
  '-O3',
  '-std=gnu11',
  '-ffp-contract=off',
  '-nostdlib',
  '-msimd128',
  '-matomics',
  '-mbulk-memory',
  '-mmutable-globals',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,--shared-memory',
  '-Wl,--max-memory=4294967296',
  '-Wl,--export=__stack_pointer',
  '-Wl,--export=__heap_base',
  '-Wl,-z,stack-size=131072',
  '-Wl,--strip-all',
];

/** The modules, and what each is given besides. */
export const wasmModules = { 'kernels.wasm': [], 'kernels-relaxed.wasm': ['-mrelaxed-simd'] };

/** As the record of a build holds them. */
export const recordedFlags = () =>
  Object.fromEntries(
    Object.entries({ all: wasmFlags, ...wasmModules }).map(([name, own]) => [name, own.join(' ')]),
  );
