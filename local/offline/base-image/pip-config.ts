import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

/** Where packages come from; the rest of pip's configuration is left out. */
const OPTIONS = ["index-url", "extra-index-url", "trusted-host"];

/** The part of the machine's pip configuration that a build needs to find the same packages. */
export interface PipConfig {
    /** The content of a pip.conf. */
    content: string;
    /** Options that hold credentials, which do not belong in an image. */
    leftOut: string[];
}

/** Reads the machine's files in pip's order, and then its environment variables; the last value wins. */
export function machinePipConfig(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): PipConfig {
    const files = ["/etc/pip.conf", path.join(home, ".pip", "pip.conf"), path.join(home, ".config", "pip", "pip.conf")];
    const options: Record<string, string> = {};
    for (const file of [...files, env.PIP_CONFIG_FILE]) {
        Object.assign(options, file ? readOptions(file) : {});
    }
    for (const name of OPTIONS) {
        const value = env[`PIP_${name.toUpperCase().replaceAll("-", "_")}`];
        Object.assign(options, value ? { [name]: value } : {});
    }
    return pipConfig(options);
}

/** The configuration with these options, except those with credentials in a URL. */
export function pipConfig(options: Record<string, string>): PipConfig {
    const names = OPTIONS.filter((name) => options[name]);
    const leftOut = names.filter((name) => /:\/\/[^/\s]*@/.test(options[name]!));
    const lines = names.filter((name) => !leftOut.includes(name)).map((name) => `${name} = ${options[name]}\n`);
    return { content: `[global]\n${lines.join("")}`, leftOut };
}

function readOptions(file: string): Record<string, string> {
    try {
        return parseOptions(readFileSync(file, "utf8"));
    } catch {
        return {};
    }
}

/** The options of a pip.conf's sections for all commands and for `install`. A value may continue on indented lines. */
export function parseOptions(text: string): Record<string, string> {
    const options: Record<string, string> = {};
    let section = "";
    let name: string | undefined;
    for (const line of text.split("\n").filter((line) => !/^\s*([#;]|$)/.test(line))) {
        const header = /^\[(.+)\]/.exec(line);
        const option = /^([\w-]+)\s*[=:]\s*(.*)$/.exec(line);
        if (header) {
            [section, name] = [header[1]!, undefined];
        } else if (/^\s/.test(line) && name) {
            options[name] = `${options[name]} ${line.trim()}`.trim();
        } else if (option && ["global", "install"].includes(section)) {
            name = option[1]!.replaceAll("_", "-");
            options[name] = option[2]!.trim();
        } else {
            name = undefined;
        }
    }
    return options;
}
