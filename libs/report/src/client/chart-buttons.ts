import type { Chart } from 'chart.js';
import { toolButton } from './announce.ts';
import { element } from './dom.ts';
import { saveFile, saveText } from './save.ts';
import type { TableTexts } from './table-buttons.ts';
import { token } from './theme.ts';

/** Pixels a point: sharp on a slide. */
const density = 3;

const margin = 16;

/** The chart with its title on the page's ground, larger than on the screen. */
const picture = (chart: Chart, title: string): HTMLCanvasElement => {
  const { width, height } = chart;
  const before = chart.options.devicePixelRatio;
  chart.options.devicePixelRatio = density;
  chart.resize(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = density * (width + 2 * margin);
  canvas.height = density * (height + 3 * margin + 16);
  const context = canvas.getContext('2d')!;
  context.fillStyle = token('--paper');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(density, density);
  context.fillStyle = token('--ink');
  context.font = `600 16px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = 'top';
  context.fillText(title, margin, margin, width);
  context.drawImage(chart.canvas, margin, 2 * margin + 16, width, height);
  chart.options.devicePixelRatio = before as number;
  chart.resize(width, height);
  return canvas;
};

const savePicture = (chart: Chart, id: string, title: string): Promise<string> =>
  new Promise((resolve) => {
    picture(chart, title).toBlob((blob) => {
      if (blob) saveFile(`${id}.png`, blob);
      resolve(blob ? 'Saved' : 'No picture');
    });
  });

/** Under a chart: save its picture, and its numbers. `current` gives the chart as it is drawn now. */
export const addChartButtons = (
  figure: HTMLElement,
  current: () => Chart,
  texts: TableTexts,
): void => {
  const { chart: id = '', of = '' } = figure.dataset;
  const title = figure.querySelector('figcaption')?.textContent ?? id;
  figure.append(
    element(
      'div',
      { class: 'tools', role: 'group', 'aria-label': `${title}: save` },
      element(
        'span',
        {},
        'Save ',
        toolButton('Picture .png', `Picture .png: save the chart “${title}”`, () =>
          savePicture(current(), id, title),
        ),
        toolButton('Data .csv', `Data .csv: save the numbers of “${title}”`, async () => {
          saveText(of, (await texts())[of]?.csv ?? '', 'csv');
          return 'Saved';
        }),
      ),
    ),
  );
};
