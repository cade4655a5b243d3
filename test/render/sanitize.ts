/**
 * What GitHub lets through of the HTML in a comment, near enough for a preview: a list of elements and attributes;
 * every other tag is dropped, with its content where that is code; links keep only http, https and mailto.
 */

const ELEMENTS = new Set(
  'a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins input kbd li ol p pre q s samp span strike strong sub summary sup table tbody td tfoot th thead tr tt ul var wbr'.split(
    ' ',
  ),
);

/** Elements whose content is no text for a reader. */
const DROPPED_WHOLE = ['script', 'style', 'iframe', 'object', 'svg', 'math', 'template', 'textarea', 'title', 'noscript'];

const ATTRIBUTES = new Set([
  'href',
  'src',
  'alt',
  'title',
  'align',
  'open',
  'start',
  'colspan',
  'rowspan',
  'type',
  'checked',
  'disabled',
]);

export function sanitizeHtml(html: string): string {
  let clean = html.replace(/<!--[\s\S]*?(?:-->|$)/g, '');
  for (const name of DROPPED_WHOLE) {
    clean = clean.replace(new RegExp(`<${name}\\b[\\s\\S]*?(?:</${name}\\s*>|$)`, 'gi'), '');
  }
  return clean.replace(
    /<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>|<(?=[a-zA-Z/!?])/g,
    (whole, slash: string, name: string, rest: string) => {
      const element = name?.toLowerCase();
      if (element === undefined || !ELEMENTS.has(element)) return element === undefined ? '&lt;' : '';
      return slash === '/' ? `</${element}>` : `<${element}${attributesOf(whole, element, rest)}>`;
    },
  );
}

function attributesOf(tag: string, element: string, text: string): string {
  // The one class that our own renderer gives; values from the Markdown cannot reach it with other content.
  if (tag === '<pre class="mermaid">') return ' class="mermaid"';
  const found: string[] = [];
  for (const [, name, double, single, bare] of text.matchAll(/([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)) {
    const attribute = name!.toLowerCase();
    const value = double ?? single ?? bare ?? '';
    if (!ATTRIBUTES.has(attribute)) continue;
    if (['href', 'src'].includes(attribute) && !isSafeAddress(value)) continue;
    found.push(` ${attribute}="${value.replaceAll('"', '&quot;')}"`);
  }
  return element === 'a' ? `${found.join('')} rel="nofollow"` : found.join('');
}

function isSafeAddress(value: string): boolean {
  // Character references could hide a scheme, so only addresses that show theirs, or have none, are kept.
  const scheme = /^\s*([^/?#]*?):/.exec(value)?.[1];
  return scheme === undefined ? !value.includes('&#') : ['http', 'https', 'mailto'].includes(scheme.toLowerCase());
}
