import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{createHash as t}from"node:crypto";import{createReadStream as a}from"node:fs";import{pipeline as i}from"node:stream/promises";async function n(e){let r=t("sha256");return await i(a(e),r),`sha256:${r.digest("hex")}`}export{n as a};
