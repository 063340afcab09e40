/**
 * Writes docs/addons from the definitions of the add-ons and the doc comments of their arguments:
 *
 *     npx tsx docs/generate.ts
 */
import * as fs from "node:fs";
import * as path from "node:path";

import * as prettier from "prettier";

import { catalog } from "../src/platform/addon-catalog";
import { type ChartSource, type Definition, InstallPhase } from "../src/platform/catalog/definition";
import { addonNames, type AddonName, kebabCase } from "../src/platform/catalog/names";
import type { PlatformAddonArgs } from "../src/platform/catalog/platform-addon-args";
import { contextOf, plan } from "../src/platform/plan";
import { samples } from "../tests/support/addon-arguments";
import { type Declaration, declarationsOf, type Member } from "./interfaces";

const root = path.join(__dirname, "..");
const folder = path.join(root, "docs", "addons");
const declarations = declarationsOf(path.join(root, "src"));
const names = addonNames.filter((name) => name in catalog);

// ---- Words

const code = (text: string) => `\`${text}\``;
const link = (name: AddonName) => `[${code(name)}](${kebabCase(name)}.md)`;
const links = (all: AddonName[]) => all.map(link).join(", ") || "nothing";
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Escapes what Markdown would read as HTML, outside of code. */
function escaped(text: string): string {
    return text
        .split(/(`[^`]*`)/)
        .map((part) => (part.startsWith("`") ? part : part.replace(/<(?=[a-z/])/gi, "\\<")))
        .join("");
}

/** Splits a doc comment into the default and the rest. */
function meaning(doc: string): { text: string; byDefault?: string } {
    const sentences = doc.split(/(?<=[.:])\s+(?=[A-Z])/);
    const found = sentences.find((one) => /^Defaults to /.test(one));
    const text = sentences.filter((one) => one !== found && one !== "Required.").join(" ");
    return { text: escaped(text), byDefault: found && escaped(found.replace(/^Defaults to /, "").replace(/\.$/, "")) };
}

function typeOf(type: string): string {
    const list = /^(.*)\[\]$/.exec(type)?.[1];
    if (list !== undefined) {
        const entries: Record<string, string> = { string: "strings", number: "numbers" };
        const inner = declarations.get(list);
        return `list of ${entries[list] ?? (inner?.kind === "interface" ? "objects" : typeOf(list))}`;
    }
    const enumeration = declarations.get(type);
    if (enumeration?.kind === "enum") {
        return `one of ${enumeration.members.map((member) => code(member.type)).join(", ")}`;
    }
    const words: Record<string, string> = {
        string: "string",
        number: "number",
        boolean: "boolean",
        "pulumi.Input<string>": "string",
        "Record<string, string>": "map of strings",
        "Record<string, any>": "object",
    };
    return words[type] ?? "object";
}

/** Returns the lines of a list of fields, with the fields of nested objects below each. */
function fieldLines(members: Member[], indent = ""): string[] {
    return members.flatMap(({ name, type, optional, doc }) => {
        const { text, byDefault } = meaning(doc);
        const required = optional ? [] : ["required"];
        const facts = [typeOf(type), ...required, ...(byDefault ? [`default: ${byDefault}`] : [])].join("; ");
        const below = declarations.get(type.replace(/\[\]$/, ""));
        return [`${indent}- **${code(name)}** (${facts})`, `${indent}  ${text}`, ...linesBelow(below, `${indent}  `)];
    });
}

function linesBelow(below: Declaration | undefined, indent: string): string[] {
    if (below?.kind === "enum") {
        return below.members.map(({ type, doc }) => `${indent}- ${code(type)}: ${escaped(doc)}`);
    }
    return below ? fieldLines(below.members, indent) : [];
}

// ---- Facts

const definitionOf = (name: AddonName): Definition => catalog[name];
const argsByAddon = declarations.get("AddonsArgs")!.members;

/** Returns the interface of an add-on's arguments. */
export const argsInterface = (name: AddonName): Declaration =>
    declarations.get(argsByAddon.find((member) => member.name === name)!.type)!;

/** Returns the outputs of an add-on in a platform with only this add-on and what it requires. */
function outputsOf(name: AddonName): Record<string, string> {
    const planned = plan({ addons: { [name]: {} }, profile: [], definitions: catalog, problem: () => undefined });
    const context = contextOf(planned, name, { highlyAvailable: false, small: false });
    return definitionOf(name).outputs?.({}, context) ?? {};
}

/** Returns how the dependencies of an add-on change with its arguments, from the samples. */
function changes(name: AddonName, of: (settings: PlatformAddonArgs) => AddonName[]): string[] {
    const lines = new Set<string>();
    for (const [field, { right, together }] of Object.entries(samples[name] ?? {})) {
        const usual = of({ ...together });
        for (const value of right) {
            const now = of({ ...together, [field]: value });
            const more = now.filter((one) => !usual.includes(one));
            const less = usual.filter((one) => !now.includes(one));
            const shown = typeof value === "object" ? code(field) : code(`${field}: ${JSON.stringify(value)}`);
            if (more.length > 0 || less.length > 0) {
                lines.add(
                    `With ${shown}: ${[...more.map(link), ...less.map((one) => `not ${link(one)}`)].join(", ")}.`,
                );
            }
        }
    }
    return [...lines];
}

const requiredBy = (name: AddonName, settings: PlatformAddonArgs = {}): AddonName[] =>
    definitionOf(name).requires?.(settings) ?? [];

/** Returns the conflicts of an add-on, from both definitions, with the reasons. */
function exclusionsOf(name: AddonName): Map<AddonName, string> {
    const all = new Map<AddonName, string>();
    for (const other of names) {
        const reason =
            definitionOf(name).excludes?.({})[other] ?? definitionOf(other).excludes?.({})[name] ?? undefined;
        if (reason !== undefined) {
            all.set(other, reason);
        }
    }
    return all;
}

function chartLine({ name, version, repository, manifest }: ChartSource): string {
    return manifest ? `- the manifests ${manifest}` : `- the chart ${code(name)} ${version} from ${code(repository)}`;
}

/** Returns the table of CRDs, after an introduction. */
function crdTable(crds: Record<string, string[]>, before: string): string[] {
    const rows = Object.entries(crds).map(
        ([crd, served]) =>
            `| ${code(crd)} | ${served.map((one, index) => (index === 0 ? `**${one}**` : one)).join(", ")} |`,
    );
    return [before, ["| CRD | versions |", "| --- | --- |", ...rows].join("\n")];
}

/** Returns what an add-on installs only with certain arguments, which are found among the samples. */
function partLines(name: AddonName): string[] {
    return (definitionOf(name).optionalCharts ?? []).flatMap((optional) => {
        const { charts, crds } = optional;
        const all = Object.entries(samples[name] ?? {}).flatMap(([field, { right, together }]) =>
            right.map((value) => ({ field, value, settings: { ...together, [field]: value } })),
        );
        const { field, value } = all.find(({ settings }) => optional.when(settings))!;
        return [
            `With ${code(`${field}: ${JSON.stringify(value)}`)} it also installs:`,
            charts.map(chartLine).join("\n"),
            ...crdTable(crds, "and these CRDs:"),
        ];
    });
}

const phases: Record<InstallPhase, string> = {
    [InstallPhase.Normal]: "It is installed as soon as what it requires is ready.",
    [InstallPhase.Late]:
        "It is installed after all others except policies, since its webhooks refuse objects while it starts.",
    [InstallPhase.Last]: "It is installed last, since it validates the objects of all others.",
};

// ---- Pages

const generated = "<!-- Written by docs/generate.ts from the sources of the package. Do not edit. -->";

function page(name: AddonName): string {
    const definition = definitionOf(name);
    const { title, purpose, version, kubernetes, namespace, crds = {}, upgrades, hooks } = definition;
    const { homepage, kubernetesSource } = definition;
    const settings = argsInterface(name).members;
    const exclusions = exclusionsOf(name);
    const neededBy = names.filter((other) => requiredBy(other).includes(name));
    const outputs = Object.entries(outputsOf(name));
    return [
        `# ${title}`,
        generated,
        escaped(purpose),
        [
            `- Argument of a Platform: ${code(`addons.${name}`)}`,
            `- Version: ${version}`,
            `- Kubernetes: ${kubernetes.min} to ${kubernetes.max}`,
            `- Namespace: ${code(namespace)} by default`,
        ].join("\n"),
        "## What it installs",
        definition.charts.map(chartLine).join("\n"),
        phases[definition.installPhase ?? InstallPhase.Normal],
        ...(definition.privileged
            ? [
                  "Some of its pods need more than the baseline Pod Security Standard allows: its namespace is labeled " +
                      "`pod-security.kubernetes.io/enforce: privileged`.",
              ]
            : []),
        ...(Object.keys(crds).length > 0
            ? crdTable(crds, "These CRDs, with their served versions; the storage version is bold:")
            : ["It has no CRDs."]),
        ...partLines(name),
        "## Dependencies and conflicts",
        [
            `- Requires: ${links(requiredBy(name))}.`,
            ...changes(name, (its) => requiredBy(name, its)).map((line) => `  - ${line}`),
            `- Required by: ${links(neededBy)}.`,
            ...(definition.after
                ? [`- Is installed after, if the platform has them: ${links(definition.after)}.`]
                : []),
            ...[...exclusions].map(
                ([other, reason]) => `- Cannot be combined with ${link(other)}: ${sentence(reason)}`,
            ),
            ...changes(name, (its) => Object.keys(definition.excludes?.(its) ?? {}) as AddonName[]).map(
                (line) => `  - ${line}`,
            ),
            ...(exclusions.size === 0 ? ["- No conflicts."] : []),
        ].join("\n"),
        "## Arguments",
        "In addition to the [arguments of all add-ons](README.md#arguments-of-all-add-ons):",
        settings.length > 0 ? fieldLines(settings).join("\n") : "- none",
        "## Outputs",
        outputs.length > 0
            ? [
                  `${code(`addons.${name}.outputs`)} with the defaults:`,
                  "",
                  "| name | value |",
                  "| --- | --- |",
                  ...outputs.map(([key, value]) => `| ${code(key)} | ${value === "" ? "" : code(value)} |`),
              ].join("\n")
            : "None.",
        "## Upgrades",
        [
            ...(upgrades.oneMinorAtATime
                ? [
                      "- Minor versions must not be skipped: a preview of such an upgrade fails, and says which version to install first.",
                  ]
                : []),
            ...upgrades.notes.map((note) => `- ${sentence(escaped(note))}`),
        ].join("\n"),
        ...(hooks ? ["## Chart hooks", `${escaped(hooks)}`] : []),
        "## Sources",
        [`- ${homepage}`, `- Kubernetes: ${kubernetesSource}`].join("\n"),
    ].join("\n\n");
}

function overview(): string {
    const rows = names.map((name) => {
        const { title, purpose, version, kubernetes } = definitionOf(name);
        const exclusions = [...exclusionsOf(name).keys()];
        const cells = [
            `[${title}](${kebabCase(name)}.md)`,
            code(name),
            escaped(purpose),
            version,
            `${kubernetes.min} to ${kubernetes.max}`,
            requiredBy(name).map(code).join(", "),
            exclusions.map(code).join(", "),
        ];
        return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    });
    const common = declarations.get("PlatformAddonArgs")!.members;
    return [
        "# Add-ons",
        generated,
        "One version of each, tested together. What an add-on requires is installed as well; conflicting add-ons are " +
            "refused with the reason.",
        [
            "| add-on | argument | purpose | version | Kubernetes | requires | conflicts with |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            ...rows,
        ].join("\n"),
        "## Arguments of all add-ons",
        fieldLines(common).join("\n"),
    ].join("\n\n");
}

/** Returns all pages, by file name. */
export async function pages(): Promise<Record<string, string>> {
    const all: Record<string, string> = { "README.md": overview() };
    for (const name of names) {
        all[`${kebabCase(name)}.md`] = page(name);
    }
    for (const [file, text] of Object.entries(all)) {
        const filepath = path.join(folder, file);
        const options = { ...(await prettier.resolveConfig(filepath)), filepath };
        all[file] = await prettier.format(text, options);
    }
    return all;
}

/** The directory of the pages. */
export const pagesFolder = folder;

async function main(): Promise<void> {
    const all = await pages();
    fs.mkdirSync(folder, { recursive: true });
    for (const file of fs.readdirSync(folder).filter((one) => !(one in all))) {
        fs.rmSync(path.join(folder, file));
    }
    for (const [file, text] of Object.entries(all)) {
        fs.writeFileSync(path.join(folder, file), text);
    }
    console.log(`${Object.keys(all).length} pages in docs/addons`);
}

if (require.main === module) {
    main().catch((error: unknown) => {
        console.error(error);
        process.exitCode = 1;
    });
}
