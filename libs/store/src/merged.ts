/** What became of one run or training of the other store. */
export type Merged =
  | {
      readonly kind: 'run';
      readonly name: string;
      /** added: ours did not have it; completed: ours had a part of it. */
      readonly outcome: 'added' | 'completed' | 'unchanged';
      /** Rollouts that were brought, and those that ours had: they stay as they are. */
      readonly added: number;
      readonly kept: number;
      readonly labels: number;
    }
  | {
      readonly kind: 'training';
      readonly name: string;
      readonly outcome: 'added' | 'completed' | 'unchanged';
      /** Steps that were brought. */
      readonly added: number;
    }
  | {
      readonly kind: 'run' | 'training';
      readonly name: string;
      readonly outcome: 'skipped';
      readonly reason: string;
    };
