/** The Go modules of add-ons' projects contain what the projects publish, as far as ../shared/upstream has that. */
import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "yaml";

import { requiredVersion } from "../../local/offline/go-mod";
import { sourceDir } from "../../local/paths";
import { controllerNames, controllerOf } from "../controllers/support/recipes";
import { directoryWith } from "../support/directories";
import { itUnless } from "../support/unchecked";
import { sharedCharts, sharedCrds, sharedMissing } from "../support/upstream";
import { crdsIn, crdText, type UpstreamCrd } from "../support/upstream-crds";
import { moduleFolders, moduleOf, moduleVersions } from "../support/upstream-modules";

/** Known differences, by project, with the reason. */
const differences: Record<string, Record<string, string>> = {
    keda: {
        "scaledjobs.keda.sh": "what is published has limits of its numbers that kustomize adds",
        "scaledobjects.keda.sh": "what is published has limits of its numbers that kustomize adds",
    },
    "node-feature-discovery": {
        "node-feature-discovery/values.schema.json": "its descriptions link to the documentation of the release",
    },
};

const read = (...file: string[]): string | undefined => {
    const place = path.join(...file);
    return fs.existsSync(place) ? fs.readFileSync(place, "utf8") : undefined;
};

/** The files of a chart, by the names that Helm uses. */
function chartFiles(directory: string): Record<string, string | undefined> {
    const { name } = yaml.parse(read(directory, "Chart.yaml")!) as { name: string };
    return {
        [`${name}/Chart.yaml`]: read(directory, "Chart.yaml"),
        // Envoy Gateway's release replaces two placeholders in values.yaml.
        [`${name}/values.yaml`]: read(directory, "values.yaml") ?? read(directory, "values.tmpl.yaml"),
        [`${name}/values.schema.json`]: read(directory, "values.schema.json"),
    };
}

/** The content of a CRD: the same content may be written differently. */
const specOf = (crd: UpstreamCrd): unknown => (yaml.parse(crdText(crd)) as { spec: unknown }).spec;

function isSame(one: UpstreamCrd, other: UpstreamCrd): boolean {
    if (crdText(one).trim() === crdText(other).trim()) {
        return true;
    }
    try {
        assert.deepEqual(specOf(one), specOf(other));
        return true;
    } catch {
        return false;
    }
}

describe("the published charts and CRDs in Go modules", function () {
    this.timeout(60_000);

    for (const folder of moduleFolders) {
        const module = moduleOf(folder);
        const why = typeof module === "string" ? module : sharedMissing && `${sharedMissing} to compare it with`;
        const explained = Object.keys(differences[folder] ?? {}).sort();
        const but = explained.length > 0 ? `, except for ${explained.join(", ")}` : "";
        itUnless(why, `${folder} has what is published${but}`, () => {
            assert.ok(typeof module !== "string");
            const found: string[] = [];
            const theirs = Object.assign({}, ...sharedCharts(folder).map(chartFiles)) as Record<string, string>;
            for (const [name, content] of module.charts.flatMap((chart) => Object.entries(chartFiles(chart)))) {
                assert.ok(`${name.split("/")[0]}/Chart.yaml` in theirs, `${name} is not a file of a published chart`);
                if (content !== theirs[name]) {
                    found.push(name);
                }
            }
            const ours = (module.crds ?? []).flatMap(crdsIn);
            const published = sharedCrds(folder);
            const names = (crds: UpstreamCrd[]) => crds.map(({ name }) => name).sort();
            if (module.crds !== undefined) {
                assert.deepEqual(names(ours), names(published));
            }
            for (const crd of published) {
                const own = ours.find(({ name }) => name === crd.name);
                if (own !== undefined && !isSame(own, crd)) {
                    found.push(crd.name);
                }
            }
            assert.deepEqual(found.sort(), explained);
        });
    }

    it("is of the modules that the controllers are built from", () => {
        // The Inference Extension has had no endpoint picker since 1.6.0, and its CRDs come without one.
        for (const name of controllerNames.filter((one) => one !== "endpoint-picker")) {
            const { module, images } = controllerOf(name);
            const version = moduleVersions[module];
            if (version !== undefined) {
                const goMod = fs.readFileSync(path.join(images[0]!.tool.module, "go.mod"), "utf8");
                assert.equal(version, `v${requiredVersion(goMod, module)}`, module);
            }
        }
    });

    it("is pinned by its hash", () => {
        const sums = fs.readFileSync(sourceDir("tests", "support", "upstream-modules", "go.sum"), "utf8").split("\n");
        for (const [module, version] of Object.entries(moduleVersions)) {
            for (const what of [version, `${version}/go.mod`]) {
                assert.ok(
                    sums.some((line) => line.startsWith(`${module} ${what} h1:`)),
                    `${module} ${what}`,
                );
            }
        }
    });
});

describe("the CRDs in a file", () => {
    const crd = (name: string, versions: string) =>
        `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: ${name}s.example.com\n` +
        `spec:\n  group: example.com\n  names:\n    kind: ${name}\n  scope: Namespaced\n${versions}`;
    const schema = "    schema:\n      openAPIV3Schema:\n        description: |-\n          a\n\n          kind: b\n";
    const versions =
        `  versions:\n  - name: v1\n${schema}    served: true\n    storage: false\n` +
        `  - name: v2\n${schema}    served: true\n    storage: true\n  - name: v3\n    served: false\n    storage: false\n`;
    const patch = crd("Patch", "  conversion:\n    strategy: None\n");
    const file = () =>
        path.join(
            directoryWith({
                "crds.yaml": ["kind: List\n", crd("A", versions), patch, crd("B", versions)].join("---\n"),
            }),
            "crds.yaml",
        );

    it("are found with their versions, each separately, and without patches of others", () => {
        const found = crdsIn(file());
        assert.deepEqual(
            found.map(({ name, kind, group, scope, served, storage }) => [name, kind, group, scope, served, storage]),
            ["A", "B"].map((kind) => [`${kind}s.example.com`, kind, "example.com", "Namespaced", ["v1", "v2"], "v2"]),
        );
        assert.equal(crdText(found[1]!), crd("B", versions));
    });
});
