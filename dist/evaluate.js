import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);
import{a as t}from"./chunk-AXYSLTC7.js";import"./chunk-AFOO5EKR.js";import"./chunk-YEOLAJO4.js";import"./chunk-AWYGQKS4.js";import"./chunk-E6FTLI4H.js";import"./chunk-5SRMPMU6.js";import"./chunk-LJPEEB65.js";import"./chunk-PQ7M7EY4.js";await t("evaluate",()=>import("./chunk-5YWR3LCN.js"));
