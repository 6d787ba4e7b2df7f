import ts from 'typescript';

/**
 * @typedef {{ specifier: string, line: number, kind: 'value' | 'type' | 'dynamic' }} Import
 */

/** Every module that a source file names, with its line. @param {string} file @param {string} text */
export const importsOf = (file, text) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  /** @type {Import[]} */
  const found = [];
  /** @param {ts.Node} node @param {Import['kind']} kind */
  const add = (node, kind) => {
    if (!ts.isStringLiteralLike(node)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({ specifier: node.text, line: line + 1, kind });
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.isTypeOnly ? 'type' : 'value');
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, 'type');
    } else if (isDynamicImport(node) && node.arguments[0]) {
      add(node.arguments[0], 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

/** Every string in a source file: imports, and packages that are found by name. @param {string} file @param {string} text */
export const stringsOf = (file, text) => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found = source.typeReferenceDirectives.map(({ fileName }) => fileName);
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};

/** @param {ts.Node} node @returns {node is ts.CallExpression} */
const isDynamicImport = (node) =>
  ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
