#!/bin/sh
# Builds the site into dist/. The values of import.meta.env.VITE_* are those of this moment: a
# variable that changes later needs another build.
set -eu

rm -rf dist
mkdir dist
cp index.html styles.css dist/

awk '
  function quoted(name,    value, text, place, letter) {
    if (!(name in ENVIRON)) return "undefined"
    value = ENVIRON[name]
    for (place = 1; place <= length(value); place++) {
      letter = substr(value, place, 1)
      text = text (letter == "\\" || letter == "\"" ? "\\" : "") letter
    }
    return "\"" text "\""
  }
  {
    line = $0
    while (match(line, /import\.meta\.env\.VITE_[A-Z0-9_]+/)) {
      name = substr(line, RSTART + 16, RLENGTH - 16)
      printf "%s%s", substr(line, 1, RSTART - 1), quoted(name)
      line = substr(line, RSTART + RLENGTH)
    }
    print line
  }
' app.js > dist/app.js

printf 'Built dist/ for %s\n' "${VITE_APP_ENV:-no environment}"
