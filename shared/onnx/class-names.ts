import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';

/** Attributes of classifier nodes that name the classes in the order of the scores. */
const TEXTS = 'classlabels_strings';
const NUMBERS = ['classlabels_int64s', 'classlabels_ints'];

/**
 * The classes that the classifier nodes of a graph name, as texts. A graph made elsewhere has nothing else that tells which
 * class a column of its probabilities belongs to.
 * @returns undefined when no node names `count` classes, or two nodes disagree
 */
export function classNames(bytes: Uint8Array, count: number): readonly string[] | undefined {
  const lists = (fromBinary(ModelProtoSchema, bytes).graph?.node ?? []).flatMap(({ attribute }) =>
    attribute.flatMap(({ name, strings, ints }) => {
      if (name === TEXTS && strings.length > 0) return [strings.map((text) => Buffer.from(text).toString('utf8'))];
      return NUMBERS.includes(name) && ints.length > 0 ? [ints.map(String)] : [];
    }),
  );
  const found = lists.filter((list) => list.length === count);
  const [first] = found;
  return first && found.every((list) => list.join('\0') === first.join('\0')) ? first : undefined;
}
