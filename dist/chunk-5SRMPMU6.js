import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
function r(t){process.stdout.write(`${n(t)}
`)}var e="\u200B";function n(t){return t.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu," ").replaceAll("##[",`##${e}[`).replace(/^(\s*)::/,`$1${e}::`)}export{r as a};
