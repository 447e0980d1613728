// The line to copy, with this address and the code that came behind it.

const code = /^#[A-Z0-9]{4,12}$/.test(location.hash) ? location.hash.slice(1) : "CODE";
document.getElementById("cell").textContent = `from coursekit import join\njoin("${location.origin}", "${code}")`;
document.getElementById("command").textContent = `coursekit join ${location.origin} ${code}`;
document.getElementById("which").hidden = code !== "CODE";
