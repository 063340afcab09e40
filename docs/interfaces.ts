/** Reads interfaces and enums with their doc comments out of the sources. */
import * as fs from "node:fs";
import * as path from "node:path";

import * as ts from "typescript";

/** A field of an interface, or a member of an enum. */
export interface Member {
    name: string;
    /** The type of a field as it is written; the value of an enum's member. */
    type: string;
    optional: boolean;
    doc: string;
}

/** An interface or an enum. */
export interface Declaration {
    name: string;
    kind: "interface" | "enum";
    doc: string;
    members: Member[];
}

/** All exported interfaces and enums of a folder and of those in it, by name. */
export function declarationsOf(folder: string): Map<string, Declaration> {
    const declarations = new Map<string, Declaration>();
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
        if (file.endsWith(".ts")) {
            const text = fs.readFileSync(path.join(folder, file), "utf8");
            const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
            source.forEachChild((node) => {
                const declaration = declarationOf(node, source);
                if (declaration) {
                    declarations.set(declaration.name, declaration);
                }
            });
        }
    }
    return declarations;
}

function declarationOf(node: ts.Node, source: ts.SourceFile): Declaration | undefined {
    if (ts.isInterfaceDeclaration(node)) {
        const members = node.members.filter(ts.isPropertySignature).map((member) => ({
            name: member.name.getText(source),
            type: member.type?.getText(source) ?? "",
            optional: member.questionToken !== undefined,
            doc: docOf(member),
        }));
        return { name: node.name.text, kind: "interface", doc: docOf(node), members };
    }
    if (ts.isEnumDeclaration(node)) {
        const members = node.members.map((member) => ({
            name: member.name.getText(source),
            type: member.initializer?.getText(source) ?? "",
            optional: false,
            doc: docOf(member),
        }));
        return { name: node.name.text, kind: "enum", doc: docOf(node), members };
    }
    return undefined;
}

/** The doc comment of a node in one line. */
function docOf(node: ts.Node): string {
    const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
    const comment = ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? "";
    return comment.replace(/\s+/g, " ").trim();
}
