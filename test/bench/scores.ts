/** Area under the ROC curve by ranks (Mann-Whitney), ties shared. */
export function aucOf(labels: Int32Array, scores: Float64Array): number {
  const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let rankSum = 0;
  let positives = 0;
  for (let at = 0; at < order.length; ) {
    let end = at + 1;
    while (end < order.length && scores[order[end]!] === scores[order[at]!]) end++;
    for (let tied = at; tied < end; tied++) {
      if (labels[order[tied]!] !== 1) continue;
      rankSum += (at + 1 + end) / 2;
      positives++;
    }
    at = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

/** Mean log loss of two classes. @param scores probability of class 1 */
export function logLossOf(labels: Int32Array, scores: Float64Array): number {
  let sum = 0;
  labels.forEach((label, row) => {
    sum -= Math.log(label === 1 ? scores[row]! : 1 - scores[row]!);
  });
  return sum / labels.length;
}
