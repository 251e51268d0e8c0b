// The programs that are recorded, and what is typed into them. Each key waits until the program has been quiet for a moment.

export interface RecordedProgram {
  readonly name: string;
  /** Debian's package. */
  readonly debian: string;
  readonly command: readonly [string, ...string[]];
  readonly keys: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
}

const DOWN = "\x1b[B";
const UP = "\x1b[A";
const PAGE_DOWN = "\x1b[6~";
const PAGE_UP = "\x1b[5~";
const repeat = (keys: readonly string[], times: number): string[] => Array.from({ length: times }, () => keys).flat();

/** Sees only its own processes. */
const alone = ["unshare", "--fork", "--pid", "--mount-proc"] as const;

export const PROGRAMS: readonly RecordedProgram[] = [
  {
    name: "vim",
    debian: "vim",
    command: ["vim", "-u", "NONE", "-N", "-c", "syntax on", "-c", "set nu hls ruler", "tools.c"],
    keys: [
      "/int\r",
      ...repeat(["\x06", "n", "ihello wörld 漢字 \x1b", "ddp", "\x02", "J", "u", "3x", "G", "gg", ">>", "Vjd", "p"], 6),
      ":split\r",
      "\x06",
      "\x17w",
      "\x06",
      "Otext e\u0301\x1b",
      ":only\r",
      ":set wrap! list\r",
      ":%s/int/long/g\r",
      ":q!\r",
    ],
  },
  {
    name: "less",
    debian: "less",
    command: ["less", "-R", "-N", "tools.c"],
    keys: [...repeat(["j", " ", "k", "b", "/int\r", "n", "G", "g"], 6), "q"],
  },
  {
    name: "top",
    debian: "procps",
    command: [...alone, "top", "-d", "0.3"],
    keys: [...repeat(["1", "c", "M", "P", "z", "x", "V"], 4), "q"],
  },
  {
    name: "htop",
    debian: "htop",
    command: [...alone, "htop", "-d", "3"],
    keys: [...repeat([DOWN, "t", UP, "P", "M", PAGE_DOWN, "\x1bOQ", "\x1b", "H"], 4), "q"],
  },
  {
    name: "nano",
    debian: "nano",
    command: ["nano", "--ignorercfiles", "--softwrap", "notes.md"],
    keys: [...repeat([DOWN, "x", "\x16", "é漢", "\x19", "\x7f", "\x0b", "\x15", "\x1b[C", "\r"], 8), "\x17", "garden\r", "\x18", "n"],
  },
  {
    name: "fzf",
    debian: "fzf",
    command: ["sh", "-c", "seq 1 4000 | sed 's/$/ números 漢字/' | fzf --ansi --multi"],
    keys: ["1", "2", DOWN, "\t", "\t", "\x7f", "\x7f", "字", UP, UP, "\x15", "9", "9", "\r"],
  },
  { name: "git-log", debian: "git", command: ["git", "--no-pager", "log", "-p", "--stat", "--graph", "--color=always"], keys: [] },
  {
    name: "git-log-in-pager",
    debian: "git",
    command: ["git", "-c", "core.pager=less -R", "log", "-p", "--color=always"],
    keys: [...repeat([" ", " ", "b", "j", "/change\r", "n"], 5), "q"],
  },
  {
    name: "npm-install",
    debian: "npm",
    command: ["npm", "install", "--no-audit", "--no-fund", "--offline", "./one", "./two", "--loglevel", "verbose", "--foreground-scripts"],
    keys: [],
  },
  {
    name: "tmux",
    debian: "tmux",
    command: ["tmux", "-L", "garden", "-f", "/dev/null", "new", "bash --norc"],
    keys: [
      "ls -la --color=always\r",
      "\x02%",
      "seq 1 200\r",
      '\x02"',
      "echo 漢字 e\u0301\r",
      "\x02o",
      "vim -u NONE tools.c\r",
      "\x06",
      "\x02z",
      "\x06",
      "\x02z",
      "\x02[",
      PAGE_UP,
      UP,
      "q",
      "\x02 ",
      "\x02 ",
      "\x02t",
      "q",
      ":q\r",
      "\x02d",
    ],
  },
  {
    name: "mc",
    debian: "mc",
    command: ["mc", "-u", "--nosubshell", "-d"],
    keys: [
      ...repeat([DOWN, DOWN, "\t", PAGE_DOWN, UP], 4),
      "\x1bOR",
      " ",
      "\x1b[21~",
      "\x1b[20~",
      "\x1b[C",
      DOWN,
      "\x1b\x1b",
      "\x1b[21~",
      "\r",
    ],
  },
  {
    name: "ls",
    debian: "coreutils",
    command: ["ls", "-lR", "--color=always", "--hyperlink=never", "/usr/share/doc/bash", "/usr/share/bash-completion", "/usr/share/vim"],
    keys: [],
  },
  {
    name: "gcc",
    debian: "gcc",
    command: ["sh", "-c", "for i in 1 2 3; do gcc -Wall -Wextra -fdiagnostics-color=always -fdiagnostics-urls=always -c broken.c; done"],
    keys: [],
  },
  {
    name: "bash",
    debian: "bash",
    command: ["bash", "--norc", "-i"],
    keys: [
      ...repeat(
        [
          "ls /usr/sh",
          "\t",
          "\x7f\x7f",
          "\x01",
          "\x05",
          " 漢字 e\u0301",
          "\x15",
          'printf "%200s|\\n" x',
          "\r",
          "echo \\\r",
          "one\r",
          "\x12ls",
          "\x07",
        ],
        5,
      ),
      "exit\r",
    ],
  },
  {
    name: "zsh",
    debian: "zsh",
    command: ["zsh", "-f", "-i"],
    keys: [
      ...repeat(["ls /usr/sh", "\t\t", "\x15", "echo 漢字 $((6*7))\r", "print -P '%F{red}red%f %B%Sstand%s%b'\r", "\x0c"], 4),
      "exit\r",
    ],
  },
  {
    name: "ncdu",
    debian: "ncdu",
    command: ["ncdu", "/usr/share/doc/bash"],
    keys: [...repeat([DOWN, "\r", "g", "n", "s", "i", "i", "\x1b[D"], 4), "q"],
  },
  { name: "tig", debian: "tig", command: ["tig"], keys: [...repeat([DOWN, "\r", PAGE_DOWN, PAGE_UP, "\t", "q"], 5), "q"] },
  {
    name: "dialog",
    debian: "dialog",
    command: [
      "sh",
      "-c",
      "dialog --title Garden --checklist 'What grows' 15 50 6 1 apples on 2 漢字 off 3 pears off; for i in 10 40 70 100; do echo $i; sleep 0.2; done | dialog --gauge wait 8 40",
    ],
    keys: [DOWN, " ", DOWN, " ", "\t", "\r"],
  },
  {
    name: "progress",
    debian: "dash",
    command: [
      "sh",
      "-c",
      "for i in $(seq 1 300); do printf '\\r\\033[2K\\033[3%dm%3d%%\\033[0m %s ⠋' $((i%8)) $((i/3)) 'fetching 漢字'; done; echo; seq 1 300 | tr '\\n' ' '; printf '\\033[5;10r\\033[10;1H'; seq 1 40; printf '\\033[r\\033[20;1Hdone\\n'",
    ],
    keys: [],
  },
  {
    name: "man",
    debian: "man-db",
    command: ["sh", "-c", "MANPAGER='less -R' man ./garden.1"],
    keys: [...repeat([" ", "j", "b", "/line\r", "n"], 6), "q"],
  },
];
