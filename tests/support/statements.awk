# The statements of a header, one a line, without comments and directives.
{
	while (sub(/\\$/, "")) {
		getline more
		$0 = $0 more
	}
	if (!/^[ \t]*#/)
		text = text " " $0
}
END {
	while ((start = index(text, "/*"))) {
		rest = substr(text, start + 2)
		text = substr(text, 1, start - 1) " " substr(rest, index(rest, "*/") + 2)
	}
	gsub(/extern "C" [{]/, ";", text)
	gsub(/[ \t]+/, " ", text)
	gsub(/; ?/, "\n", text)
	print text
}
