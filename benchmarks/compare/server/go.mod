module compare/server

go 1.24
