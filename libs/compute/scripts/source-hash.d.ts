/** sha256 over names and contents of the C sources. */
export declare const sourceHash: () => string;
export declare const kernelsFolder: URL;
