# The model server, and with other commands the actions: docker run <image> node dist/<action>.js
# Built from what is committed: dist/ needs no build, and the native modules come from their own lock file.

FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS native
WORKDIR /native
COPY dist/native/package.json dist/native/package-lock.json ./
# onnxruntime-node carries every platform; what is not of this one goes.
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error \
  && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM node:24.18.0-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d
ENV NODE_ENV=production
WORKDIR /app
COPY --from=native /native/node_modules ./node_modules
COPY LICENSE ./
COPY dist ./dist
# By number, so that Kubernetes can see that it is not root (runAsNonRoot). It is the image's user "node".
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MLOPS_SERVER_PORT || 8080}/v2/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server.js"]
