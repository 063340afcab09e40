import { IMAGE_TYPE, INDEX_TYPE } from "./image";

/** The schema of the resources, as far as a program in another language needs it. */
export function schema(version: string): string {
    const string = { type: "string" };
    const boolean = { type: "boolean" };
    const strings = { type: "array", items: string };
    const map = { type: "object", additionalProperties: string };
    const any = { $ref: "pulumi.json#/Any" };
    const image = {
        addHosts: strings,
        buildArgs: map,
        buildOnPreview: boolean,
        cacheFrom: { type: "array", items: any },
        cacheTo: { type: "array", items: any },
        context: any,
        dockerfile: any,
        labels: map,
        network: string,
        platforms: strings,
        push: boolean,
        registries: { type: "array", items: any },
        secrets: { ...map, secret: true },
        tags: strings,
        target: string,
    };
    const index = { push: boolean, registry: any, sources: strings, tag: string };
    return JSON.stringify({
        name: "docker-build",
        version,
        description: "Builds and pushes images with the docker client of this machine.",
        config: { variables: { host: string } },
        provider: { properties: { host: string }, inputProperties: { host: string } },
        resources: {
            [IMAGE_TYPE]: {
                properties: { ...image, digest: string, contextHash: string, ref: string },
                required: ["digest", "contextHash", "ref"],
                inputProperties: image,
                requiredInputs: ["push"],
            },
            [INDEX_TYPE]: {
                properties: { ...index, ref: string },
                required: ["ref"],
                inputProperties: index,
                requiredInputs: ["sources", "tag"],
            },
        },
    });
}
