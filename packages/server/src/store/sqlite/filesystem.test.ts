import * as os from "node:os";
import { describe, expect, test } from "vitest";
import { networkFileSystem, refuseNetworkFileSystem } from "./filesystem.ts";

const MOUNTS = `/dev/sda1 / ext4 rw 0 0
me@far:/ /mnt/far fuse.sshfs rw 0 0
vault /mnt/far/vault fuse.gocryptfs rw 0 0
x /mnt/with\\040space fuse.s3fs rw 0 0
`;

describe("a state directory", () => {
  test.each([
    [0x6969, "NFS"],
    [0xff534d42, "CIFS"],
    [0xff534d42 - 2 ** 32, "CIFS"],
    [0x01021997, "9p"],
  ])("on a file system of type %i is refused", (type, name) => {
    expect(networkFileSystem(type, "/home", () => MOUNTS)).toBe(name);
  });

  test.each([
    ["/mnt/far/home", "fuse.sshfs"],
    ["/mnt/far", "fuse.sshfs"],
    ["/mnt/farther", null],
    ["/mnt/far/vault/home", null],
    ["/mnt/with space/a", "fuse.s3fs"],
  ])("on FUSE at %s is judged by its mount", (directory, name) => {
    expect(networkFileSystem(0x65735546, directory, () => MOUNTS)).toBe(name);
  });

  test("on a local disk is accepted", () => {
    expect(networkFileSystem(0xef53, "/home", () => MOUNTS)).toBeNull();
    expect(() => refuseNetworkFileSystem(os.tmpdir())).not.toThrow();
  });
});
