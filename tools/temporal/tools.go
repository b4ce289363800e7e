//go:build tools

// Package tools names the program that is built from here, so that `go mod tidy` keeps it.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
