import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { cleanLine } from '../escape.js';
import { escaped } from './marks.js';

/**
 * Charts of our pages as inline SVG, drawn by ECharts without a browser. Colours are the page's custom properties, so that
 * one picture serves light and dark. Imported late: the library weighs half a megabyte.
 */

const WIDTH = 420;
const HEIGHT = 170;

const GRID = { left: 4, right: 12, top: 10, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' } as const;
export const TEXT = { color: 'var(--soft)', fontSize: 12, fontFamily: 'inherit' } as const;

export const QUIET_AXIS = {
  axisLine: { show: false, lineStyle: { color: 'var(--line)' } },
  axisTick: { show: false },
  axisLabel: { ...TEXT, hideOverlap: true },
  splitLine: { show: true, lineStyle: { color: 'var(--line)', width: 1 } },
} as const;

let isPrepared = false;

/** Where x and y are of one kind, the picture comes near to a square. */
export const TALL = 300;

/** @param titles what the reader sees over a mark, by series and item */
export function draw(
  label: string,
  option: EChartsCoreOption,
  titles: readonly (readonly string[])[],
  height: number = HEIGHT,
): string {
  if (!isPrepared) use([BarChart, LineChart, GridComponent, SVGRenderer]);
  isPrepared = true;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, useUTC: true, grid: GRID, ...option });
    return inline(chart.renderToSVGString(), label, titles, height);
  } finally {
    chart.dispose();
  }
}

/** ECharts' document as an element of a page: scaled by its box, named for screen readers, without what only scripts read. */
function inline(svg: string, label: string, titles: readonly (readonly string[])[], height: number): string {
  return (
    svg
      .replace(/^<svg [^>]*>/, `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(cleanLine(label))}">`)
      .replace(/<style ?>[\s\S]*?<\/style>/g, '')
      .replace(/<rect [^>]*fill="none"[^>]*><\/rect>/g, '')
      .replace(
        /<path ([^>]*?) ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)"([^>]*)><\/path>/g,
        (_, before, series, item, after) => {
          const title = titles[Number(series)]?.[Number(item)];
          return `<path ${before}${after}>${title === undefined ? '' : `<title>${escaped(cleanLine(title))}</title>`}</path>`;
        },
      )
      .replace(/ (?:ecmeta_\w+|pointer-events|class|xml:space)="[^"]*"/g, '')
      // Nothing is drawn beyond the axes; the clips' ids would differ from page to page.
      .replace(/<defs ?>[\s\S]*?<\/defs>/g, '')
      .replace(/ clip-path="[^"]*"/g, '')
      // The shorthand cannot inherit its family, and would lose the size with it.
      .replace(/style="font: [^"]*?(\d+px)[^"]*"/g, 'style="font-size:$1"')
      .replace(/\n+/g, '\n')
      .trim()
  );
}
