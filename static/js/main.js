import * as copy from "./copy.js";
import * as figures from "./figures.js";
import * as filters from "./filters.js";
import * as theme from "./theme.js";
import * as timestamps from "./timestamps.js";

for (const part of [theme, filters, timestamps, copy, figures]) part.mount(document);
