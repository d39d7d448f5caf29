export { type DownloadOptions, download } from './download.ts';
export { fileSha256 } from './file-sha256.ts';
export { onAbort } from './on-abort.ts';
export { AttemptFailure, type PostOptions, post, type Send } from './post.ts';
