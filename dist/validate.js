import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a as i}from"./chunk-O2QENRXG.js";import"./chunk-SMUNKQ6F.js";import"./chunk-YEOLAJO4.js";import"./chunk-5SRMPMU6.js";import"./chunk-LJPEEB65.js";import"./chunk-QQTF7OFL.js";import"./chunk-BFK5FFEH.js";import"./chunk-SPLPXYLV.js";await i("validate",()=>import("./chunk-HECQQ6PB.js"));
