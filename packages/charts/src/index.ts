// Charts as SVG text and HTML pages around them.
export {};
