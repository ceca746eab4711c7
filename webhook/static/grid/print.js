// The page of rows to print asks for the printer once it is there.
window.addEventListener("load", () => window.print());
