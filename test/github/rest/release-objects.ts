import { type AssetRecord, nodeId, type ReleaseRecord, timestamp } from '../state.js';
import { htmlUrl, repositoryUrl } from './repos.js';
import type { Call } from './route.js';
import { simpleUser } from './users.js';

/** An asset as GitHub shows one. */
export function assetObject(call: Call, release: ReleaseRecord, asset: AssetRecord) {
  const at = release.draft ? release.untagged : release.tag;
  return {
    url: `${repositoryUrl(release.repository, call.apiUrl)}/releases/assets/${asset.id}`,
    id: asset.id,
    node_id: nodeId('RA_', asset.id),
    name: asset.name,
    label: asset.label,
    uploader: simpleUser(asset.uploader, call.apiUrl),
    content_type: asset.contentType,
    state: asset.state,
    size: asset.size,
    digest: asset.digest,
    download_count: asset.downloads,
    created_at: timestamp(asset.createdAt),
    updated_at: timestamp(asset.updatedAt),
    browser_download_url: `${htmlUrl(release.repository)}/releases/download/${encodeURIComponent(at)}/${encodeURIComponent(asset.name)}`,
  };
}
