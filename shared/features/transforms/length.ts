import { float32, nanWhere, textConstant, toFloat32 } from '../nodes.js';
import { textColumn } from '../raw.js';
import { tensorText } from '../text.js';
import { type Derive, type FeatureNodes, single } from '../transform.js';
import { tokens } from '../words.js';

/** Characters that are cut off a text at a time. */
const BLOCK = 64;

/** Characters of a text, counted as code points; a missing text has no length. */
export const length = single<'length'>({
  values(feature, table) {
    const { codes, dictionary } = textColumn(feature, feature.from, table);
    const lengthOf = Float32Array.from(dictionary, (text) => {
      let count = 0;
      for (const _ of tensorText(text)) count += 1;
      return count === 0 ? Number.NaN : count;
    });
    return Float32Array.from(codes, (code) => lengthOf[code]!);
  },
  /**
   * ONNX cannot count characters. A text is cut into blocks and the last block into characters; cutting all of it into
   * characters would make a tensor as wide as the longest text.
   */
  nodes({ from }, place) {
    const { graph } = place;
    const one = graph.constant({ type: 'int64', shape: [], values: [1n] });
    const blocks = tokens(place, from, { tokenexp: { string: `[\\x{0}-\\x{10ffff}]{1,${BLOCK}}` } });
    const count = filled(place, blocks);
    const whole = graph.node('Sub', [count, float32(graph, 1)]);
    // The last block; of a row without any, index −1 is the empty text at the end.
    const index = graph.node('Sub', [graph.node('Cast', [count], { to: { int: 7 } }), one]);
    const last = graph.node('GatherElements', [blocks, index], { axis: { int: 1 } });
    const rest = filled(place, tokens(place, last, { separators: { strings: [''] } }));
    const characters = graph.node('Add', [graph.node('Mul', [whole, float32(graph, BLOCK)]), rest]);
    return nanWhere(graph, place.missing(from), characters);
  },
});

/** How many texts of every row are not empty. */
function filled({ graph }: FeatureNodes, texts: string): string {
  const axes = graph.constant({ type: 'int64', shape: [1], values: [1n] });
  const some = graph.node('Not', [graph.node('Equal', [texts, textConstant(graph, '')])]);
  return graph.node('ReduceSum', [toFloat32(graph, some), axes], { keepdims: { int: 1 } });
}

export const deriveLength: Derive = ({ name }, columns) =>
  columns.map((from) => ({ name: name ?? `${from}_length`, kind: 'length', from }));
