import { html } from '@coa/report';
import type { Reply } from './reply.ts';
import { page, segment } from './shell.ts';

/** Some records of a run by name, in the same list and with the same trajectory page as the whole run's. */
export const recordsPage = ({
  base,
  runId,
  ids,
}: {
  readonly base: string;
  readonly runId: string;
  readonly ids: readonly number[];
}): Reply => {
  const run = `${base}/run/${segment(runId)}`;
  return page({
    title: `Attempts of ${runId}`,
    ...{
      base,
      kind: 'rollouts',
      live: false,
      source: `${run}/records/source?ids=${ids.join(',')}`,
    },
    content: html`<main id="main" tabindex="-1"><div id="overview"><p class="kicker"><a href="${run}"><bdi>${runId}</bdi></a></p>
<section id="trajectories" aria-labelledby="trajectories-title"><h1 id="trajectories-title">Attempts</h1><div id="browser"><p>Loading the list…</p></div></section>
</div><article id="trajectory" hidden aria-labelledby="trajectory-title"></article></main>`,
  });
};
