"""The messages of the Sheets API that this server knows: names and types of their fields, one message an entry.

Facts of the public discovery document of sheets v4. A field without a type is a string; `int`, `num`, `bool`,
`map` (free keys) and `mask` (a field mask) are scalars; `[X]` is a list; any other word is a message. What is
missing here is answered as Google answers an unknown field: developer metadata, data filters, charts, tables,
slicers, filter views, comments and data sources.
"""

TEXT = """
AddBandingRequest = bandedRange:BandedRange
AddBandingResponse = bandedRange:BandedRange
AddConditionalFormatRuleRequest = index:int rule:ConditionalFormatRule
AddDimensionGroupRequest = range:DimensionRange
AddDimensionGroupResponse = dimensionGroups:[DimensionGroup]
AddNamedRangeRequest = namedRange:NamedRange
AddNamedRangeResponse = namedRange:NamedRange
AddProtectedRangeRequest = protectedRange:ProtectedRange
AddProtectedRangeResponse = protectedRange:ProtectedRange
AddSheetRequest = properties:SheetProperties
AddSheetResponse = properties:SheetProperties
AppendCellsRequest = fields:mask rows:[RowData] sheetId:int
AppendDimensionRequest = dimension length:int sheetId:int
AppendValuesResponse = spreadsheetId tableRange updates:UpdateValuesResponse
AutoResizeDimensionsRequest = dimensions:DimensionRange
BandedRange = bandedRangeId:int bandedRangeReference columnProperties:BandingProperties
    range:GridRange rowProperties:BandingProperties
BandingProperties = firstBandColor:Color firstBandColorStyle:ColorStyle footerColor:Color
    footerColorStyle:ColorStyle headerColor:Color headerColorStyle:ColorStyle secondBandColor:Color
    secondBandColorStyle:ColorStyle
BasicFilter = criteria:map filterSpecs:[FilterSpec] range:GridRange sortSpecs:[SortSpec]
BatchClearValuesRequest = ranges:[str]
BatchClearValuesResponse = clearedRanges:[str] spreadsheetId
BatchGetValuesResponse = spreadsheetId valueRanges:[ValueRange]
BatchUpdateSpreadsheetRequest = includeSpreadsheetInResponse:bool requests:[Request]
    responseIncludeGridData:bool responseRanges:[str]
BatchUpdateSpreadsheetResponse = replies:[Response] spreadsheetId updatedSpreadsheet:Spreadsheet
BatchUpdateValuesRequest = data:[ValueRange] includeValuesInResponse:bool
    responseDateTimeRenderOption responseValueRenderOption valueInputOption
BatchUpdateValuesResponse = responses:[UpdateValuesResponse] spreadsheetId totalUpdatedCells:int
    totalUpdatedColumns:int totalUpdatedRows:int totalUpdatedSheets:int
BooleanCondition = type values:[ConditionValue]
BooleanRule = condition:BooleanCondition format:CellFormat
Border = color:Color colorStyle:ColorStyle style width:int
Borders = bottom:Border left:Border right:Border top:Border
CellData = dataValidation:DataValidationRule effectiveFormat:CellFormat effectiveValue:ExtendedValue
    formattedValue hyperlink note textFormatRuns:[TextFormatRun] userEnteredFormat:CellFormat
    userEnteredValue:ExtendedValue
CellFormat = backgroundColor:Color backgroundColorStyle:ColorStyle borders:Borders
    horizontalAlignment hyperlinkDisplayType numberFormat:NumberFormat padding:Padding textDirection
    textFormat:TextFormat textRotation:TextRotation verticalAlignment wrapStrategy
ClearBasicFilterRequest = sheetId:int
ClearValuesResponse = clearedRange spreadsheetId
Color = alpha:num blue:num green:num red:num
ColorStyle = rgbColor:Color themeColor
ConditionValue = relativeDate userEnteredValue
ConditionalFormatRule = booleanRule:BooleanRule gradientRule:GradientRule ranges:[GridRange]
CopyPasteRequest = destination:GridRange pasteOrientation pasteType source:GridRange
CopySheetToAnotherSpreadsheetRequest = destinationSpreadsheetId
CutPasteRequest = destination:GridCoordinate pasteType source:GridRange
DataSourceColumnReference = name
DataSourceSheetDimensionRange = columnReferences:[DataSourceColumnReference] sheetId:int
DataValidationRule = condition:BooleanCondition inputMessage showCustomUi:bool strict:bool
DeleteBandingRequest = bandedRangeId:int
DeleteConditionalFormatRuleRequest = index:int sheetId:int
DeleteConditionalFormatRuleResponse = rule:ConditionalFormatRule
DeleteDimensionGroupRequest = range:DimensionRange
DeleteDimensionGroupResponse = dimensionGroups:[DimensionGroup]
DeleteDimensionRequest = range:DimensionRange
DeleteDuplicatesRequest = comparisonColumns:[DimensionRange] range:GridRange
DeleteDuplicatesResponse = duplicatesRemovedCount:int
DeleteNamedRangeRequest = namedRangeId
DeleteProtectedRangeRequest = protectedRangeId:int
DeleteRangeRequest = range:GridRange shiftDimension
DeleteSheetRequest = sheetId:int
DimensionGroup = collapsed:bool depth:int range:DimensionRange
DimensionProperties = hiddenByFilter:bool hiddenByUser:bool pixelSize:int
DimensionRange = dimension endIndex:int sheetId:int startIndex:int
DuplicateSheetRequest = insertSheetIndex:int newSheetId:int newSheetName sourceSheetId:int
DuplicateSheetResponse = properties:SheetProperties
Editors = domainUsersCanEdit:bool groups:[str] users:[str]
ErrorValue = message type
ExtendedValue = boolValue:bool errorValue:ErrorValue formulaValue numberValue:num stringValue
FilterCriteria = condition:BooleanCondition hiddenValues:[str] visibleBackgroundColor:Color
    visibleBackgroundColorStyle:ColorStyle visibleForegroundColor:Color
    visibleForegroundColorStyle:ColorStyle
FilterSpec = columnIndex:int filterCriteria:FilterCriteria
FindReplaceRequest = allSheets:bool find includeFormulas:bool matchCase:bool matchEntireCell:bool
    range:GridRange replacement searchByRegex:bool sheetId:int
FindReplaceResponse = formulasChanged:int occurrencesChanged:int rowsChanged:int sheetsChanged:int
    valuesChanged:int
GradientRule = maxpoint:InterpolationPoint midpoint:InterpolationPoint minpoint:InterpolationPoint
GridCoordinate = columnIndex:int rowIndex:int sheetId:int
GridData = columnMetadata:[DimensionProperties] rowData:[RowData] rowMetadata:[DimensionProperties]
    startColumn:int startRow:int
GridProperties = columnCount:int columnGroupControlAfter:bool frozenColumnCount:int
    frozenRowCount:int hideGridlines:bool rowCount:int rowGroupControlAfter:bool
GridRange = endColumnIndex:int endRowIndex:int sheetId:int startColumnIndex:int startRowIndex:int
InsertDimensionRequest = inheritFromBefore:bool range:DimensionRange
InsertRangeRequest = range:GridRange shiftDimension
InterpolationPoint = color:Color colorStyle:ColorStyle type value
IterativeCalculationSettings = convergenceThreshold:num maxIterations:int
MergeCellsRequest = mergeType range:GridRange
MoveDimensionRequest = destinationIndex:int source:DimensionRange
NamedRange = name namedRangeId range:GridRange
NumberFormat = pattern type
Padding = bottom:int left:int right:int top:int
PasteDataRequest = coordinate:GridCoordinate data delimiter html:bool type
ProtectedRange = description editors:Editors namedRangeId protectedRangeId:int range:GridRange
    requestingUserCanEdit:bool unprotectedRanges:[GridRange] warningOnly:bool
RandomizeRangeRequest = range:GridRange
RepeatCellRequest = cell:CellData fields:mask range:GridRange
Request = addBanding:AddBandingRequest addConditionalFormatRule:AddConditionalFormatRuleRequest
    addDimensionGroup:AddDimensionGroupRequest addNamedRange:AddNamedRangeRequest
    addProtectedRange:AddProtectedRangeRequest addSheet:AddSheetRequest
    appendCells:AppendCellsRequest appendDimension:AppendDimensionRequest
    autoResizeDimensions:AutoResizeDimensionsRequest clearBasicFilter:ClearBasicFilterRequest
    copyPaste:CopyPasteRequest cutPaste:CutPasteRequest deleteBanding:DeleteBandingRequest
    deleteConditionalFormatRule:DeleteConditionalFormatRuleRequest
    deleteDimension:DeleteDimensionRequest deleteDimensionGroup:DeleteDimensionGroupRequest
    deleteDuplicates:DeleteDuplicatesRequest deleteNamedRange:DeleteNamedRangeRequest
    deleteProtectedRange:DeleteProtectedRangeRequest deleteRange:DeleteRangeRequest
    deleteSheet:DeleteSheetRequest duplicateSheet:DuplicateSheetRequest
    findReplace:FindReplaceRequest insertDimension:InsertDimensionRequest
    insertRange:InsertRangeRequest mergeCells:MergeCellsRequest moveDimension:MoveDimensionRequest
    pasteData:PasteDataRequest randomizeRange:RandomizeRangeRequest repeatCell:RepeatCellRequest
    setBasicFilter:SetBasicFilterRequest setDataValidation:SetDataValidationRequest
    sortRange:SortRangeRequest textToColumns:TextToColumnsRequest
    trimWhitespace:TrimWhitespaceRequest unmergeCells:UnmergeCellsRequest
    updateBanding:UpdateBandingRequest updateBorders:UpdateBordersRequest
    updateCells:UpdateCellsRequest updateConditionalFormatRule:UpdateConditionalFormatRuleRequest
    updateDimensionGroup:UpdateDimensionGroupRequest
    updateDimensionProperties:UpdateDimensionPropertiesRequest
    updateNamedRange:UpdateNamedRangeRequest updateProtectedRange:UpdateProtectedRangeRequest
    updateSheetProperties:UpdateSheetPropertiesRequest
    updateSpreadsheetProperties:UpdateSpreadsheetPropertiesRequest
Response = addBanding:AddBandingResponse addDimensionGroup:AddDimensionGroupResponse
    addNamedRange:AddNamedRangeResponse addProtectedRange:AddProtectedRangeResponse
    addSheet:AddSheetResponse deleteConditionalFormatRule:DeleteConditionalFormatRuleResponse
    deleteDimensionGroup:DeleteDimensionGroupResponse deleteDuplicates:DeleteDuplicatesResponse
    duplicateSheet:DuplicateSheetResponse findReplace:FindReplaceResponse
    trimWhitespace:TrimWhitespaceResponse
    updateConditionalFormatRule:UpdateConditionalFormatRuleResponse
RowData = values:[CellData]
SetBasicFilterRequest = filter:BasicFilter
SetDataValidationRequest = filteredRowsIncluded:bool range:GridRange rule:DataValidationRule
Sheet = bandedRanges:[BandedRange] basicFilter:BasicFilter columnGroups:[DimensionGroup]
    conditionalFormats:[ConditionalFormatRule] data:[GridData] merges:[GridRange]
    properties:SheetProperties protectedRanges:[ProtectedRange] rowGroups:[DimensionGroup]
SheetProperties = gridProperties:GridProperties hidden:bool index:int rightToLeft:bool sheetId:int
    sheetType tabColor:Color tabColorStyle:ColorStyle title
SortRangeRequest = range:GridRange sortSpecs:[SortSpec]
SortSpec = backgroundColor:Color backgroundColorStyle:ColorStyle dimensionIndex:int
    foregroundColor:Color foregroundColorStyle:ColorStyle sortOrder
Spreadsheet = namedRanges:[NamedRange] properties:SpreadsheetProperties sheets:[Sheet] spreadsheetId
    spreadsheetUrl
SpreadsheetProperties = autoRecalc defaultFormat:CellFormat
    importFunctionsExternalUrlAccessAllowed:bool
    iterativeCalculationSettings:IterativeCalculationSettings locale
    spreadsheetTheme:SpreadsheetTheme timeZone title
SpreadsheetTheme = primaryFontFamily themeColors:[ThemeColorPair]
TextFormat = bold:bool fontFamily fontSize:int foregroundColor:Color foregroundColorStyle:ColorStyle
    italic:bool strikethrough:bool underline:bool
TextFormatRun = format:TextFormat startIndex:int
TextRotation = angle:int vertical:bool
TextToColumnsRequest = delimiter delimiterType source:GridRange
ThemeColorPair = color:ColorStyle colorType
TrimWhitespaceRequest = range:GridRange
TrimWhitespaceResponse = cellsChangedCount:int
UnmergeCellsRequest = range:GridRange
UpdateBandingRequest = bandedRange:BandedRange fields:mask
UpdateBordersRequest = bottom:Border innerHorizontal:Border innerVertical:Border left:Border
    range:GridRange right:Border top:Border
UpdateCellsRequest = fields:mask range:GridRange rows:[RowData] start:GridCoordinate
UpdateConditionalFormatRuleRequest = index:int newIndex:int rule:ConditionalFormatRule sheetId:int
UpdateConditionalFormatRuleResponse = newIndex:int newRule:ConditionalFormatRule oldIndex:int
    oldRule:ConditionalFormatRule
UpdateDimensionGroupRequest = dimensionGroup:DimensionGroup fields:mask
UpdateDimensionPropertiesRequest = dataSourceSheetRange:DataSourceSheetDimensionRange fields:mask
    properties:DimensionProperties range:DimensionRange
UpdateNamedRangeRequest = fields:mask namedRange:NamedRange
UpdateProtectedRangeRequest = fields:mask protectedRange:ProtectedRange
UpdateSheetPropertiesRequest = fields:mask properties:SheetProperties
UpdateSpreadsheetPropertiesRequest = fields:mask properties:SpreadsheetProperties
UpdateValuesResponse = spreadsheetId updatedCells:int updatedColumns:int updatedData:ValueRange
    updatedRange updatedRows:int
ValueRange = majorDimension range values:[[str]]
"""
