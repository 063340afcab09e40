/** Reads interfaces and enums with their doc comments from the sources. */
import * as fs from "node:fs";
import * as path from "node:path";

import * as ts from "typescript";

/** A field of an interface, or a value of an enum. */
export interface Member {
    name: string;
    /** The type of a field in the source; the value of an enum's member. */
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

/** Returns all exported interfaces and enums of a folder and its subfolders, by name. */
export function declarationsOf(folder: string): Map<string, Declaration> {
    const declarations = new Map<string, Declaration>();
    for (const file of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
        if (file.endsWith(".ts")) {
            const text = fs.readFileSync(path.join(folder, file), "utf8");
            const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
            source.statements.filter(isExported).forEach((node) => {
                const declaration = declarationOf(node, source);
                if (declaration) {
                    declarations.set(declaration.name, declaration);
                }
            });
        }
    }
    return declarations;
}

const isExported = (node: ts.Statement): boolean =>
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

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
    const enumeration = ts.isVariableStatement(node) ? constObjectOf(node) : undefined;
    if (enumeration) {
        const members = enumeration.object.properties.filter(ts.isPropertyAssignment).map((member) => ({
            name: member.name.getText(source),
            type: member.initializer.getText(source),
            optional: false,
            doc: docOf(member),
        }));
        return { name: enumeration.name, kind: "enum", doc: docOf(node), members };
    }
    return undefined;
}

/** The object of `const <name> = {…} as const`, which is how this package writes an enum. */
function constObjectOf(node: ts.VariableStatement): { name: string; object: ts.ObjectLiteralExpression } | undefined {
    const [declaration] = node.declarationList.declarations;
    const value = declaration?.initializer;
    return declaration && value && ts.isAsExpression(value) && ts.isObjectLiteralExpression(value.expression)
        ? { name: declaration.name.getText(), object: value.expression }
        : undefined;
}

/** Returns the doc comment of a node in one line. */
function docOf(node: ts.Node): string {
    const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
    const comment = ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? "";
    return comment.replace(/\s+/g, " ").trim();
}
