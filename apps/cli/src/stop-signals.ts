/** The first Ctrl-C stops after what is in flight; the second drops that too. */
export const stopSignals = (): { readonly stopping: AbortSignal; readonly abort: AbortSignal } => {
  const stopping = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) {
      abort.abort(new Error('aborted by a second Ctrl-C'));
      return;
    }
    console.error(
      '\nStopping after what is in flight; Ctrl-C again drops it. The same command goes on later.',
    );
    stopping.abort(new Error('stopped by Ctrl-C'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return { stopping: stopping.signal, abort: abort.signal };
};
