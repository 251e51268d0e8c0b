/**
 * A database in WAL mode needs memory shared between processes and locks that hold: network file systems do not give them. Known
 * ones are refused before anything is written. Only Linux tells the type of a file system by number; elsewhere nothing is refused.
 */
import * as fs from "node:fs";
import { StoreFailure } from "./failure.ts";

/** `f_type` of statfs(2). */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9p"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
]);
const FUSE = 0x65735546;
const NETWORK_FUSE = /^fuse\.(sshfs|rclone|s3fs|glusterfs|ceph-fuse|gcsfuse|davfs|curlftpfs)$/;

/** Throws `home-unusable` if the directory lies on a network. */
export function refuseNetworkFileSystem(directory: string): void {
  if (process.platform !== "linux") return;
  const name = networkFileSystem(fs.statfsSync(directory).type, directory, () => fs.readFileSync("/proc/self/mounts", "utf8"));
  if (!name) return;
  throw new StoreFailure(
    "home-unusable",
    `${directory} is on a network file system (${name}), where the database could be damaged. Choose a local directory with --home or PERDURE_HOME.`,
  );
}

/** The name of a network file system by its type number and, where that says only FUSE, the table of mounts; `null` if it is local. */
export function networkFileSystem(type: number, directory: string, mounts: () => string): string | null {
  // Some kernels give the number as a negative one.
  const known = NETWORK_TYPES.get(type < 0 ? type + 2 ** 32 : type);
  if (known) return known;
  if (type !== FUSE) return null;
  const name = mountType(mounts(), directory);
  return NETWORK_FUSE.test(name) ? name : null;
}

/** The type of the mount with the longest path above the directory. */
function mountType(mounts: string, directory: string): string {
  let best = { path: "", type: "" };
  for (const line of mounts.split("\n")) {
    const [, escaped = "", type = ""] = line.split(" ");
    const path = escaped.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
    const isAbove = directory === path || directory.startsWith(path.endsWith("/") ? path : `${path}/`);
    if (isAbove && path !== "" && path.length >= best.path.length) best = { path, type };
  }
  return best.type;
}
