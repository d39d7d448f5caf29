import { onAbort } from '@coa/download';
import { type Chunk, sharedChunks, sharedTokens } from './kv-chunks.ts';

/** A KV cache (one sequence of a lane's context) and what it holds. */
export type KvState<Sequence> = {
  readonly sequence: Sequence;
  chunks: readonly Chunk[];
  /** Rises with every use; 0 = never. */
  usedAt: number;
};

/** One context with one thread: it serves one request at a time, on the fittest of its states. */
export type Lane<Sequence> = { readonly states: readonly KvState<Sequence>[]; busy: boolean };

type Job<Sequence> = {
  readonly chunks: readonly Chunk[];
  readonly start: (state: KvState<Sequence>) => Promise<void>;
  readonly drop: (reason: unknown) => void;
};

/**
 * The state to serve `chunks` from: one that they continue; else, of those not in use by another open dialogue
 * (the `open` used last), the one with most in common, the longest unused of equals.
 */
export const fittestState = <S>(
  states: readonly KvState<S>[],
  chunks: readonly Chunk[],
  open: number,
): KvState<S> => {
  const continued = states.filter(
    (state) =>
      state.chunks.length > 0 && sharedChunks(state.chunks, chunks) === state.chunks.length,
  );
  const oldestFirst = [...states].sort((a, b) => a.usedAt - b.usedAt);
  const free = oldestFirst.slice(0, Math.max(1, states.length - open));
  return (continued.length > 0 ? continued : free).reduce((best, state) =>
    sharedTokens(state.chunks, chunks) > sharedTokens(best.chunks, chunks) ? state : best,
  );
};

/** The lane whose states have most in common with `chunks`; an idle one of equals. */
const fittestLane = <S>(lanes: readonly Lane<S>[], chunks: readonly Chunk[]): Lane<S> => {
  const fitness = ({ states, busy }: Lane<S>): number =>
    Math.max(...states.map((state) => sharedTokens(state.chunks, chunks))) + (busy ? 0 : 0.5);
  return lanes.reduce((best, lane) => (fitness(lane) > fitness(best) ? lane : best));
};

/**
 * Brings requests to lanes: each to the lane that knows most of its context, as far as that is idle; no lane idles
 * while a request waits. Who waits for whom changes the time that a result takes, never the result.
 */
export const openLanes = <S>(lanes: readonly Lane<S>[], openPerLane: number) => {
  const waiting: Job<S>[] = [];
  const running = new Set<Promise<void>>();
  let uses = 0;
  const begin = async (job: Job<S>, lane: Lane<S>): Promise<void> => {
    const state = fittestState(lane.states, job.chunks, openPerLane - 1);
    lane.busy = true;
    uses += 1;
    state.usedAt = uses;
    await job.start(state);
    lane.busy = false;
  };
  const dispatch = (): void => {
    const idle = lanes.find(({ busy }) => !busy);
    if (!idle || waiting.length === 0) return;
    const fit = waiting.findIndex(({ chunks }) => !fittestLane(lanes, chunks).busy);
    const [job] = waiting.splice(Math.max(fit, 0), 1);
    const ended = begin(job!, fit < 0 ? idle : fittestLane(lanes, job!.chunks)).finally(() => {
      running.delete(ended);
      dispatch();
    });
    running.add(ended);
    dispatch();
  };
  return {
    /** Runs `work` on a lane. Rejects with the signal's reason if it aborts before a lane is free. */
    run: <T>(
      chunks: readonly Chunk[],
      work: (state: KvState<S>) => Promise<T>,
      signal?: AbortSignal,
    ): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const giveUp = () => {
          waiting.splice(waiting.indexOf(job), 1);
          reject(signal?.reason);
        };
        const start = (state: KvState<S>) => {
          release();
          return work(state).then(resolve, reject);
        };
        const job = { chunks, start, drop: reject };
        const release = onAbort(signal, giveUp);
        waiting.push(job);
        // after all requests of this call are in, so that each finds its own lane
        queueMicrotask(dispatch);
      }),
    /** Drops what waits and resolves when nothing runs. */
    end: async (reason: Error): Promise<void> => {
      for (const job of waiting.splice(0)) job.drop(reason);
      await Promise.all(running);
    },
  };
};
