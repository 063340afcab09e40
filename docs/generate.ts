/**
 * Writes docs/addons from the definitions of the add-ons and the doc comments of their settings:
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
import { samples } from "../tests/support/addon-settings";
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

/** What Markdown would take for HTML, outside of code. */
function escaped(text: string): string {
    return text
        .split(/(`[^`]*`)/)
        .map((part) => (part.startsWith("`") ? part : part.replace(/<(?=[a-z/])/gi, "\\<")))
        .join("");
}

/** A doc comment, taken apart into what it says of the default and all else. */
function meaning(doc: string): { text: string; byDefault?: string } {
    const sentences = doc.split(/(?<=[.:])\s+(?=[A-Z])/);
    const found = sentences.find((one) => /^Defaults to /.test(one));
    const text = sentences.filter((one) => one !== found && one !== "Required.").join(" ");
    return { text: escaped(text), byDefault: found && escaped(found.replace(/^Defaults to /, "").replace(/\.$/, "")) };
}

function typeOf(type: string): string {
    const list = /^(.*)\[\]$/.exec(type)?.[1];
    if (list !== undefined) {
        const entries: Record<string, string> = { string: "texts", number: "numbers" };
        const inner = declarations.get(list);
        return `list of ${entries[list] ?? (inner?.kind === "interface" ? "objects" : typeOf(list))}`;
    }
    const enumeration = declarations.get(type);
    if (enumeration?.kind === "enum") {
        return `one of ${enumeration.members.map((member) => code(member.type)).join(", ")}`;
    }
    const words: Record<string, string> = {
        string: "text",
        number: "number",
        boolean: "true or false",
        "pulumi.Input<string>": "text",
        "Record<string, string>": "object of texts",
        "Record<string, any>": "object",
    };
    return words[type] ?? "object";
}

/** The lines of a list of fields, those of objects in them below each. */
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
const settingsOf = declarations.get("AddonsArgs")!.members;

/** The interface of an add-on's settings. */
export const settingsInterface = (name: AddonName): Declaration =>
    declarations.get(settingsOf.find((member) => member.name === name)!.type)!;

/** What an add-on tells of itself in a platform that has nothing but it and what it needs. */
function outputsOf(name: AddonName): Record<string, string> {
    const planned = plan({ addons: { [name]: {} }, profile: [], definitions: catalog, problem: () => undefined });
    const context = contextOf(planned, name, { highlyAvailable: false, small: false });
    return definitionOf(name).outputs?.({}, context) ?? {};
}

/** How what follows from the settings changes with each of them, seen from the samples. */
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

/** What excludes an add-on, on whichever side it is said, with the reasons. */
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

/** The table of CRDs, with what is said before it. */
function crdTable(crds: Record<string, string[]>, before: string): string[] {
    const rows = Object.entries(crds).map(
        ([crd, served]) =>
            `| ${code(crd)} | ${served.map((one, index) => (index === 0 ? `**${one}**` : one)).join(", ")} |`,
    );
    return [before, ["| CRD | versions |", "| --- | --- |", ...rows].join("\n")];
}

/** What an add-on has with some settings only, which are found among the samples. */
function partLines(name: AddonName): string[] {
    return (definitionOf(name).optionalCharts ?? []).flatMap(({ when, charts, crds }) => {
        const all = Object.entries(samples[name] ?? {}).flatMap(([field, { right, together }]) =>
            right.map((value) => ({ field, value, settings: { ...together, [field]: value } })),
        );
        const { field, value } = all.find(({ settings }) => when(settings))!;
        return [
            `With ${code(`${field}: ${JSON.stringify(value)}`)} also:`,
            charts.map(chartLine).join("\n"),
            ...crdTable(crds, "and these CRDs:"),
        ];
    });
}

const turns: Record<InstallPhase, string> = {
    [InstallPhase.Normal]: "It is installed as soon as what it needs is there.",
    [InstallPhase.Late]:
        "It is installed after all others but policies, since its webhooks refuse objects while it starts.",
    [InstallPhase.Last]: "It is installed last, since it judges the objects of all others.",
};

// ---- Pages

const generated = "<!-- Written by docs/generate.ts from the sources of the package. Do not edit. -->";

function page(name: AddonName): string {
    const definition = definitionOf(name);
    const { title, purpose, version, kubernetes, namespace, crds = {}, upgrades, hooks } = definition;
    const { homepage, kubernetesSource } = definition;
    const settings = settingsInterface(name).members;
    const exclusions = exclusionsOf(name);
    const neededBy = names.filter((other) => requiredBy(other).includes(name));
    const outputs = Object.entries(outputsOf(name));
    return [
        `# ${title}`,
        generated,
        escaped(purpose),
        [
            `- In the arguments: ${code(`addons.${name}`)}`,
            `- Version: ${version}`,
            `- Kubernetes: ${kubernetes.min} to ${kubernetes.max}`,
            `- Namespace: ${code(namespace)} unless ${code("namespace")} says otherwise`,
        ].join("\n"),
        "## What it installs",
        definition.charts.map(chartLine).join("\n"),
        turns[definition.installPhase ?? InstallPhase.Normal],
        ...(definition.privileged
            ? [
                  "Some of its pods need more of a node than the baseline Pod Security Standard allows, for which its " +
                      "namespace is labelled.",
              ]
            : []),
        ...(Object.keys(crds).length > 0
            ? crdTable(crds, "These CRDs, with the versions that are served; objects are stored in the bold one:")
            : ["It has no CRDs."]),
        ...partLines(name),
        "## What it needs and excludes",
        [
            `- Brings along: ${links(requiredBy(name))}.`,
            ...changes(name, (its) => requiredBy(name, its)).map((line) => `  - ${line}`),
            `- Comes along with: ${links(neededBy)}.`,
            ...(definition.after
                ? [`- Is installed after, where the platform has it: ${links(definition.after)}.`]
                : []),
            ...[...exclusions].map(
                ([other, reason]) => `- Cannot be together with ${link(other)}: ${sentence(reason)}`,
            ),
            ...changes(name, (its) => Object.keys(definition.excludes?.(its) ?? {}) as AddonName[]).map(
                (line) => `  - ${line}`,
            ),
            ...(exclusions.size === 0 ? ["- Excludes nothing."] : []),
        ].join("\n"),
        "## Settings",
        "Besides [those of all add-ons](README.md#settings-of-all-add-ons):",
        settings.length > 0 ? fieldLines(settings).join("\n") : "- none of its own",
        "## Outputs",
        outputs.length > 0
            ? [
                  `What ${code(`outputs.${name}`)} is with the defaults:`,
                  "",
                  "| name | value |",
                  "| --- | --- |",
                  ...outputs.map(([key, value]) => `| ${code(key)} | ${value === "" ? "" : code(value)} |`),
              ].join("\n")
            : "None.",
        "## Upgrades",
        [
            ...(upgrades.oneMinorAtATime
                ? ["- No minor version may be skipped: a preview that would is refused, and says which to take first."]
                : []),
            ...upgrades.notes.map((note) => `- ${sentence(escaped(note))}`),
        ].join("\n"),
        ...(hooks ? ["## In place of hooks", `${escaped(hooks)}`] : []),
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
        "One version of each, which fit together. What an add-on needs comes along by itself; what cannot be together is " +
            "refused with the reason.",
        [
            "| add-on | name | purpose | version | Kubernetes | needs | excludes |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            ...rows,
        ].join("\n"),
        "## Settings of all add-ons",
        fieldLines(common).join("\n"),
    ].join("\n\n");
}

/** All pages, by the names of their files. */
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

/** Where the pages are. */
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
