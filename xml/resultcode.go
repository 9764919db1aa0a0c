package xml

// ResultCode is a result code of RFC 5730 section 3.
type ResultCode int

// The codes of RFC 5730 section 3, all of them.
const (
	CodeOK             ResultCode = 1000
	CodeOKPending      ResultCode = 1001
	CodeOKNoMessages   ResultCode = 1300
	CodeOKAckToDequeue ResultCode = 1301
	CodeOKEndSession   ResultCode = 1500

	CodeUnknownCommand       ResultCode = 2000
	CodeSyntax               ResultCode = 2001
	CodeUse                  ResultCode = 2002
	CodeMissingParameter     ResultCode = 2003
	CodeValueRange           ResultCode = 2004
	CodeValueSyntax          ResultCode = 2005
	CodeUnimplementedVersion ResultCode = 2100
	CodeUnimplementedCommand ResultCode = 2101
	CodeUnimplementedOption  ResultCode = 2102
	CodeUnimplementedExt     ResultCode = 2103
	CodeBilling              ResultCode = 2104
	CodeNotRenewable         ResultCode = 2105
	CodeNotTransferable      ResultCode = 2106

	CodeAuthentication ResultCode = 2200
	CodeAuthorization  ResultCode = 2201
	CodeBadAuthInfo    ResultCode = 2202

	CodePendingTransfer      ResultCode = 2300
	CodeNotPendingTransfer   ResultCode = 2301
	CodeExists               ResultCode = 2302
	CodeNotFound             ResultCode = 2303
	CodeStatusProhibits      ResultCode = 2304
	CodeAssociation          ResultCode = 2305
	CodePolicy               ResultCode = 2306
	CodeUnimplementedService ResultCode = 2307
	CodeDataManagement       ResultCode = 2308

	CodeFailed           ResultCode = 2400
	CodeFailedClosing    ResultCode = 2500
	CodeAuthClosing      ResultCode = 2501
	CodeSessionLimitOver ResultCode = 2502
)

// codeText holds the standard texts of RFC 5730 section 3.
var codeText = map[ResultCode]string{
	CodeOK:                   "Command completed successfully",
	CodeOKPending:            "Command completed successfully; action pending",
	CodeOKNoMessages:         "Command completed successfully; no messages",
	CodeOKAckToDequeue:       "Command completed successfully; ack to dequeue",
	CodeOKEndSession:         "Command completed successfully; ending session",
	CodeUnknownCommand:       "Unknown command",
	CodeSyntax:               "Command syntax error",
	CodeUse:                  "Command use error",
	CodeMissingParameter:     "Required parameter missing",
	CodeValueRange:           "Parameter value range error",
	CodeValueSyntax:          "Parameter value syntax error",
	CodeUnimplementedVersion: "Unimplemented protocol version",
	CodeUnimplementedCommand: "Unimplemented command",
	CodeUnimplementedOption:  "Unimplemented option",
	CodeUnimplementedExt:     "Unimplemented extension",
	CodeBilling:              "Billing failure",
	CodeNotRenewable:         "Object is not eligible for renewal",
	CodeNotTransferable:      "Object is not eligible for transfer",
	CodeAuthentication:       "Authentication error",
	CodeAuthorization:        "Authorization error",
	CodeBadAuthInfo:          "Invalid authorization information",
	CodePendingTransfer:      "Object pending transfer",
	CodeNotPendingTransfer:   "Object not pending transfer",
	CodeExists:               "Object exists",
	CodeNotFound:             "Object does not exist",
	CodeStatusProhibits:      "Object status prohibits operation",
	CodeAssociation:          "Object association prohibits operation",
	CodePolicy:               "Parameter value policy error",
	CodeUnimplementedService: "Unimplemented object service",
	CodeDataManagement:       "Data management policy violation",
	CodeFailed:               "Command failed",
	CodeFailedClosing:        "Command failed; server closing connection",
	CodeAuthClosing:          "Authentication error; server closing connection",
	CodeSessionLimitOver:     "Session limit exceeded; server closing connection",
}

// Text is the standard text of the code, "" for a number that is none.
func (c ResultCode) Text() string { return codeText[c] }

// Success tells whether the command was carried out or accepted (1xxx).
func (c ResultCode) Success() bool { return c >= 1000 && c < 2000 }

// Closes tells whether the server ends the connection after this answer.
func (c ResultCode) Closes() bool {
	return c == CodeOKEndSession || c >= CodeFailedClosing
}
