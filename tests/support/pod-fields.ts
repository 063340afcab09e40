/**
 * The fields of a PodSpec, from the schema that Kubernetes' Go client has for server-side apply: it contains the type of
 * every field, and by which fields the entries of a list are merged. The version is that of the local cluster.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { findExecutable } from "../../local/toolchain/installed";

const module = path.join(__dirname, "..", "..", "local", "offline", "go", "kubernetes");

interface TypeRef {
    scalar?: string;
    namedType?: string;
    list?: { elementType: TypeRef; keys?: string[] };
    map?: { elementType?: TypeRef; fields?: { name: string; type: TypeRef }[] };
}

/** A type of the schema, with a name such as "io.k8s.api.core.v1.PodSpec". */
interface NamedType extends TypeRef {
    name: string;
}

export interface PodFields {
    /** Such as "1.36". */
    kubernetes: string;
    /** The types of the fields of each type; see src/pod/pod-fields.ts. */
    types: Record<string, Record<string, string>>;
}

/** Reads the fields, or returns why it cannot. */
export function readPodFields(): PodFields | string {
    const go = findExecutable("go", ["/usr/local/go/bin", "/usr/lib/go/bin"]);
    if (go === undefined) {
        return "there is no go on PATH";
    }
    const { stdout, stderr } = spawnSync(go, ["mod", "download", "-json", "k8s.io/client-go"], {
        cwd: module,
        encoding: "utf8",
        env: { ...process.env, GOWORK: "off" },
    });
    const { Dir: directory, Version: version } = JSON.parse(stdout || "{}") as { Dir?: string; Version?: string };
    if (directory === undefined || version === undefined) {
        return `the Go module k8s.io/client-go is not available (${stderr.trim().split("\n")[0]})`;
    }
    const source = fs.readFileSync(path.join(directory, "applyconfigurations/internal/internal.go"), "utf8");
    const { types } = parse(/`(types:.*?)`/s.exec(source)![1]!) as { types: NamedType[] };
    return {
        kubernetes: version.replace(/^v0\.(\d+)\..*/, "1.$1"),
        types: fieldsOf(types, "io.k8s.api.core.v1.PodSpec"),
    };
}

/** Returns the fields of a type and of all types that it refers to. */
function fieldsOf(schema: NamedType[], root: string): PodFields["types"] {
    const byName = new Map(schema.map((type) => [type.name, type]));
    const found: PodFields["types"] = {};
    const add = (name: string): string => {
        const type = byName.get(name)!;
        if (type.scalar !== undefined) {
            return scalars[type.scalar]!;
        }
        const short = name.split(".").at(-1)!;
        if (!(short in found)) {
            const fields: Record<string, string> = (found[short] = {});
            for (const field of type.map?.fields ?? []) {
                fields[field.name] = typeName(field.type);
            }
        }
        return short;
    };
    const typeName = ({ scalar, namedType, list, map }: TypeRef): string => {
        if (list) {
            return `${typeName(list.elementType)}[${(list.keys ?? []).join(",")}]`;
        }
        return map ? `${typeName(map.elementType!)}{}` : namedType ? add(namedType) : scalars[scalar!]!;
    };
    add(root);
    return found;
}

const scalars: Record<string, string> = {
    string: "string",
    numeric: "number",
    boolean: "boolean",
    // Quantities, and what is a port or its name.
    untyped: "string or number",
};
