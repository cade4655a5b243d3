/**
 * A text as ONNX Runtime sees it: its string tensors end a text at the first NUL and hold UTF-8, in which half of a
 * surrogate pair becomes U+FFFD. Categories compare texts in this form, so that training and serving agree on every text.
 */
export function tensorText(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).replace(/\p{Surrogate}/gu, '\ufffd');
}
