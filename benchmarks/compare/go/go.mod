module compare/client

go 1.25
