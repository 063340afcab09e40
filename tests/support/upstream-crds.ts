/** The CRDs in files, without their schemas: those of all add-ons have millions of lines. */
import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "yaml";

/** A CRD of an add-on's project. */
export interface UpstreamCrd {
    /** As in `<plural>.<group>`. */
    name: string;
    group: string;
    kind: string;
    scope: "Namespaced" | "Cluster";
    served: string[];
    storage: string;
    /** The file that contains it, with its position among the documents there. */
    file: string;
    document: number;
}

interface Head {
    metadata: { name: string };
    spec: {
        group: string;
        names: { kind: string };
        scope: UpstreamCrd["scope"];
        versions?: { name: string; served: boolean; storage: boolean }[];
    };
}

const documentsOf = (file: string): string[] => fs.readFileSync(file, "utf8").split(/^---.*$/m);

/** The YAML of a CRD. */
export const crdText = ({ file, document }: Pick<UpstreamCrd, "file" | "document">): string =>
    documentsOf(file)[document]!.trimStart();

/** The CRDs in a file; patches of CRDs, which have no versions, do not count. */
export function crdsIn(file: string): UpstreamCrd[] {
    return documentsOf(file).flatMap((text, document) => {
        if (!/^kind: "?CustomResourceDefinition"?\s*$/m.test(text)) {
            return [];
        }
        const { metadata, spec } = yaml.parse(withoutSchemas(text)) as Head;
        const versions = spec.versions ?? [];
        const storage = versions.find((version) => version.storage)?.name;
        return storage === undefined
            ? []
            : [
                  {
                      name: metadata.name,
                      group: spec.group,
                      kind: spec.names.kind,
                      scope: spec.scope,
                      served: versions.filter(({ served }) => served).map(({ name }) => name),
                      storage,
                      file,
                      document,
                  },
              ];
    });
}

/** A block of YAML without what is below any `schema:`. */
function withoutSchemas(text: string): string {
    let inside = Infinity;
    return text
        .split("\n")
        .filter((line) => {
            const indent = line.search(/\S/);
            if (indent > inside || indent === -1) {
                return inside === Infinity;
            }
            inside = /^\s*schema:\s*$/.test(line) ? indent : Infinity;
            return inside === Infinity;
        })
        .join("\n");
}

/** The YAML files in a directory and below. */
export const yamlFiles = (directory: string): string[] =>
    fs
        .readdirSync(directory, { recursive: true, encoding: "utf8" })
        .filter((file) => /\.ya?ml$/.test(file))
        .sort()
        .map((file) => path.join(directory, file));
