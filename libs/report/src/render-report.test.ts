import { inflateSync, strFromU8 } from 'fflate';
import { describe, expect, test } from 'vitest';
import { endings, type ReportIndex } from './client/payload.ts';
import { emptyIndex, packedSource } from './client/source.ts';
import { escapeText } from './markup.ts';
import { answer, failure, manifest, question, record } from './records.test-data.ts';
import { renderReport } from './render-report.ts';
import { summarize } from './summarize.ts';
import type { TrainingCurve } from './training-curves.ts';

const client = { script: '/*client*/', style: '', scriptHash: 'sha256-a', styleHash: 'sha256-b' };

const rendered = (
  records: ReturnType<typeof record>[],
  described = manifest(),
  training: TrainingCurve[] = [],
  light = false,
): string =>
  [
    ...renderReport({
      manifest: described,
      summary: summarize(records, described),
      records: light ? null : records,
      tokenTexts: () => 'no tokens here',
      training,
      client,
      generatedBy: 'test',
    }),
  ].join('');

const unpacked = <T>(html: string, name: string): T => {
  const packed = new RegExp(`<script type="text/plain" data-block="${name}">([^<]*)</script>`).exec(
    html,
  )![1]!;
  return JSON.parse(strFromU8(inflateSync(Uint8Array.from(Buffer.from(packed, 'base64'))))) as T;
};

/** The page's trajectories, read as its client reads them. */
const sourceIn = (html: string) =>
  packedSource(
    async (name) => new RegExp(`data-block="${name}">([^<]*)</script>`).exec(html)?.[1] ?? null,
  );

const hostile =
  '<script>alert(1)</script></script><!-- ]]> \u2028 \u0000 \ud800 \u202e &amp; "\'><img src=x onerror=alert(1)>';

describe('escapeText', () => {
  test('escapes what markup is made of', () => {
    expect(escapeText(`<a b="c" d='e'>&amp;`)).toBe(
      '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;',
    );
  });

  test('replaces NUL and half a surrogate pair, and keeps a whole one', () => {
    expect(escapeText('a\u0000b\ud800c😀\udc00')).toBe('a\ufffdb\ufffdc😀\ufffd');
  });
});

describe('renderReport', () => {
  test('holds hostile text from everywhere only escaped or compressed', async () => {
    const q = question({ dataset: hostile, text: hostile, golds: [hostile], id: hostile });
    const records = [
      record({ arm: hostile, question: q, steps: [answer(hostile)] }),
      failure(hostile, { arm: hostile, question: q }),
    ];
    const described = manifest({
      experiment: hostile,
      claim: hostile,
      command: hostile,
      model: { name: hostile, fingerprint: hostile },
    });
    const html = rendered(records, described);
    expect(html).not.toContain('alert(1)</script>');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<!--');
    expect(html).not.toMatch(/[\0\p{Surrogate}]/u);
    expect(html.match(/<script/g)).toHaveLength(8);
    const view = await sourceIn(html).view(0);
    expect(view!.question.text).toBe(hostile);
  });

  test('packs fifty trajectories a chunk and lists every one in order', async () => {
    const many = Array.from({ length: 101 }, (_, i) =>
      record({ question: question({ id: `q${i}`, text: `question ${i}` }) }),
    );
    const html = rendered(many);
    expect(html.match(/chunk-\d+/g)).toEqual([0, 1, 2].map((n) => `chunk-${n}`));
    expect((await sourceIn(html).view(100))!.question.id).toBe('q100');
    const { entries, questions } = unpacked<ReportIndex>(html, 'index');
    expect(entries.question.map((place) => questions.text[place])).toEqual(
      many.map((_, i) => `question ${i}`),
    );
  });

  test('shortens a long question in the list without cutting a character in two', () => {
    const html = rendered([record({ question: question({ text: '😀'.repeat(500) }) })]);
    expect(unpacked<ReportIndex>(html, 'index').questions.text[0]).toBe(`${'😀'.repeat(160)}…`);
  });

  test('lists an error as an error, not as a wrong answer', () => {
    const html = rendered([failure('server gone')]);
    const { entries, said } = unpacked<ReportIndex>(html, 'index');
    expect([entries.exactMatch, entries.tokenF1]).toEqual([[null], [null]]);
    expect(endings[entries.ending[0]!]).toBe('error');
    expect(said[entries.said[0]!]).toBe('server gone');
  });

  test('is a whole page without any record', () => {
    const html = rendered([]);
    expect(html).toContain('</body></html>');
    expect(html).not.toContain('NaN');
    expect(unpacked<ReportIndex>(html, 'index')).toEqual(emptyIndex);
  });

  test('allows only its own script and style, and no request', () => {
    expect(rendered([])).toContain(
      `content="default-src &#39;none&#39;; script-src &#39;sha256-a&#39;; style-src &#39;sha256-b&#39;;`,
    );
  });
});

describe('sections that appear where there is something to say', () => {
  const curve = (stage: string): TrainingCurve => ({
    stage,
    seed: 0,
    steps: [1, 2].map((step) => ({ step, numbers: { loss: 1 / step, kl: null } })),
  });
  const known = (yes: boolean, score: number) =>
    record({
      question: question({ id: `q${yes}`, dataset: 'atlas-nq', known: yes }),
      arm: 'Closed book',
      metrics: { exactMatch: score },
    });

  test('training curves, as charts with a table twin; a stage name stays text', () => {
    const html = rendered([record()], manifest(), [curve(hostile)]);
    expect(html).toContain('id="training"');
    expect(html).toContain(escapeText(hostile));
    expect(html).not.toContain('<script>alert');
    const lines = unpacked<{ title: string; series: { points: number[][] }[] }[]>(html, 'lines');
    expect(lines.map(({ title }) => title)).toEqual(['Loss, SFT stages']);
    expect(lines[0]!.series[0]!.points).toEqual([
      [1, 1],
      [2, 0.5],
    ]);
    expect(html).toContain('data-chart="curve-loss-sft" data-of="curve-loss-sft"');
    expect(html).toContain('id="table-curve-loss-sft"');
  });

  test('known and unknown entities, and the claim that speaks of them', () => {
    const html = rendered([known(true, 1), known(false, 0)]);
    expect(html).toContain('id="knowledge"');
    expect(html).toContain('On unknown knowledge, models without tools collapse.');
    expect(html).toContain('analogues of the paper’s sets');
  });

  test('nothing of it without the data', () => {
    const html = rendered([record()]);
    for (const id of ['training', 'knowledge', 'claims']) expect(html).not.toContain(`id="${id}"`);
    expect(html).not.toContain('analogues');
  });
});

test('a light copy has tables and charts, no trajectory, and says how to get them', () => {
  const html = rendered([record()], manifest(), [], true);
  expect(html).toContain('coa report run-1');
  expect(html).not.toContain('chunk-');
  expect(html).not.toContain('id="browser"');
  expect(html).toContain('id="table-headline"');
});
