import { readFileSync } from "node:fs";

import { sourceDir } from "../paths";
import type { ToolName } from "../toolchain/tools";
import { requiredVersion } from "./go-mod";

/** How to build a tool from its Go module, which is in local/offline/go. */
export interface Tool {
    /** Of the executable. */
    name: string;
    /** Without a `v`. */
    version: string;
    /** The directory of the Go module. */
    module: string;
    /** The Go package to build, as an import path or `.` for the module's root. */
    package: string;
    ldflags: string[];
    /** Files that the main package embeds, copied from a module it requires. */
    embeds?: { module: string; files: string[] };
    /** Files that the published module lacks, each with another of its files that has the same content. */
    completed?: { module: string; files: Record<string, string> };
}

const goDir = (module: string) => sourceDir("local", "offline", "go", module);
const goMod = (module: string) => readFileSync(sourceDir("local", "offline", "go", module, "go.mod"), "utf8");
/** Without the symbol table and debugging information, which are not needed here. */
export const STRIPPED = ["-s", "-w"];

/** The provider's release that its Go module, which has no release numbers, was taken from. */
export const KUBERNETES_PROVIDER_VERSION = "4.25.0";

/** The tool with the version that the Go module in local/offline/go requires. */
export function toolOf(name: ToolName): Tool {
    switch (name) {
        case "pulumi": {
            const version = requiredVersion(goMod("pulumi"), "github.com/pulumi/pulumi/pkg/v3");
            return {
                name,
                version,
                module: goDir("pulumi"),
                package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
                // The automation API parses the output of `pulumi version`.
                ldflags: [...STRIPPED, `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`],
            };
        }
        case "pulumi-language-nodejs":
            return {
                name,
                version: requiredVersion(goMod("language-nodejs"), "github.com/pulumi/pulumi/sdk/v3"),
                module: goDir("language-nodejs"),
                package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
                ldflags: STRIPPED,
            };
        case "pulumi-resource-kubernetes": {
            const module = "github.com/pulumi/pulumi-kubernetes/provider/v4";
            return {
                name,
                version: KUBERNETES_PROVIDER_VERSION,
                module: goDir("provider-kubernetes"),
                package: ".",
                ldflags: [...STRIPPED, `-X ${module}/pkg/version.Version=${KUBERNETES_PROVIDER_VERSION}`],
                embeds: {
                    module,
                    files: ["schema.json", "terraform-mapping.json"].map(
                        (file) => `cmd/pulumi-resource-kubernetes/${file}`,
                    ),
                },
            };
        }
        case "kubernetes": {
            const version = requiredVersion(goMod("kubernetes"), "k8s.io/kubernetes");
            const [major, minor] = version.split(".");
            const numbers = [`gitVersion=v${version}`, `gitMajor=${major}`, `gitMinor=${minor}`];
            return {
                name,
                version,
                module: goDir("kubernetes"),
                package: ".",
                ldflags: [...STRIPPED, ...numbers.map((number) => `-X k8s.io/component-base/version.${number}`)],
            };
        }
        case "coredns":
            return {
                name,
                version: requiredVersion(goMod("coredns"), "github.com/coredns/coredns"),
                module: goDir("coredns"),
                package: "github.com/coredns/coredns",
                ldflags: STRIPPED,
            };
    }
}
